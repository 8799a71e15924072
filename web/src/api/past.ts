import {useEffect, useState} from "preact/hooks";
import {parseTime} from "../lib/time";
import {get} from "./client";
import type {Past, Sample} from "./types";

const AGAIN_MS = 60_000; // The history's own grain.
const RETRY_MS = 3000;

export interface PastSamples {
  samples: Sample[] | null;
  /** Without a sample for longer, nobody looked. */
  breakMs: number;
  /** Where the graph ends. */
  until: number;
  failed: string | null;
}

const NONE: PastSamples = {samples: null, breakMs: 0, until: 0, failed: null};

/** Periods as samples: what is stacked by its mean, so that the sum is right; who waited by the most, which a mean would hide. */
export function pastSamples(past: Past, server: string): Sample[] {
  const periods = past.connections.find((one) => one.server === server)?.periods ?? [];
  return periods.map(({at, mean, maximum}) => ({
    at, clients: Math.round(mean.clients), active: Math.round(mean.active), idle: Math.round(mean.idle), idle_in_transaction: Math.round(mean.idle_in_transaction),
    aborted: Math.round(mean.aborted), waiting: maximum.waiting, queued: maximum.queued, usable: maximum.usable || null,
  }));
}

/** Connections by state of the last `spanMs` as the history has them, asked for again each minute; null asks for nothing. */
export function usePast(server: string, spanMs: number | null): PastSamples {
  const key = `${spanMs} ${server}`;
  const [held, setHeld] = useState({...NONE, key});
  useEffect(() => {
    if (spanMs === null) return undefined;
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      const to = Date.now();
      const window = `&from=${new Date(to - spanMs).toISOString()}&to=${new Date(to).toISOString()}`;
      let next = AGAIN_MS;
      try {
        const past = await get<Past>(`/api/v1/history?server=${encodeURIComponent(server)}${window}`);
        if (over) return;
        if (past.error) setHeld({...NONE, key, failed: past.error.message});
        else setHeld({key, samples: pastSamples(past, server), breakMs: 2.5 * past.step_ms, until: parseTime(past.to) ?? to, failed: null});
      } catch (error) {
        if (over) return;
        next = RETRY_MS;
        setHeld((old) => (old.key === key && old.samples ? old : {...NONE, key, failed: error instanceof Error ? error.message : String(error)}));
      }
      timer = setTimeout(() => void ask(), next);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [key]);
  return held.key === key ? held : NONE;
}
