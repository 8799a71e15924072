import {useEffect, useState} from "preact/hooks";
import {parseTime} from "../lib/time";
import {get, serverPath} from "./client";
import {link, onLook} from "./live";
import type {Sample} from "./types";

const KEPT_MS = 3_600_000;

/** Old and new in order, each second once, of the last hour. */
export function merged(old: Sample[], fresh: Sample[]): Sample[] {
  if (fresh.length === 0) return old;
  const lastOld = old.at(-1)?.at ?? "";
  const inOrder = (fresh[0]?.at ?? "") > lastOld;
  const all = inOrder ? [...old, ...fresh] : [...new Map([...old, ...fresh].map((sample) => [sample.at, sample])).values()]
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const end = parseTime(all.at(-1)?.at) ?? 0;
  const first = all.findIndex((sample) => (parseTime(sample.at) ?? 0) >= end - KEPT_MS);
  return first > 0 ? all.slice(first) : all;
}

/** Connections by state of the last hour: asked once, then kept up by look events; what was missed is asked for again. */
export function useSamples(server: string | null): {samples: Sample[] | null; failed: boolean} {
  const [held, setHeld] = useState<{server: string | null; samples: Sample[] | null; failed: boolean}>({server, samples: null, failed: false});
  useEffect(() => {
    if (server === null) return undefined;
    let over = false;
    let known: Sample[] | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (fresh: Sample[]): void => {
      known = merged(known ?? [], fresh);
      setHeld({server, samples: known, failed: false});
    };
    const ask = async (): Promise<void> => {
      clearTimeout(timer);
      const after = known?.at(-1)?.at;
      try {
        const answer = await get<{samples: Sample[]}>(serverPath(server, "samples") + (after ? `?after=${encodeURIComponent(after)}` : ""));
        if (!over) show(answer.samples);
      } catch {
        if (over) return;
        if (known === null) setHeld({server, samples: null, failed: true});
        timer = setTimeout(() => void ask(), 3000);
      }
    };
    const stops = [
      onLook((look) => { if (look.server === server && look.sample && known) show([look.sample]); }),
      link.subscribe(() => { if (link.value === "live") void ask(); }),
    ];
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
      stops.forEach((stop) => stop());
    };
  }, [server]);
  return held.server === server ? held : {samples: null, failed: false};
}
