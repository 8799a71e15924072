import {useEffect, useRef, useState} from "preact/hooks";
import {parseTime} from "../lib/time";
import {Failed, getTimed, locked} from "./client";
import {link, onLook} from "./live";

export interface Resource<T> {
  data: T | null;
  failure: Failed | null;
  /** Our clock when `data` came, and what the server's clock was then. */
  receivedAt: number;
  observedAt: number;
  refetch: () => void;
}

interface Held<T> {
  path: string | null;
  data: T | null;
  failure: Failed | null;
  receivedAt: number;
  observedAt: number;
}

const RETRY_MS = 3000;
// A page must not spend more than a fifth of its time on fetching, nor a hundredth on reading what came: then nothing moves.
const REST = 4;
const READING_REST = 100;

function observedAt(data: unknown, otherwise: number): number {
  const object = data as {observed_at?: string | null; now?: string};
  return parseTime(object.observed_at ?? object.now) ?? otherwise;
}

/**
 * What `path` answers, asked again after looks of `server` (of any, if null), but not within `everyMs`, nor while the
 * page is hidden. A null path is not asked. What came last stays while a newer answer fails.
 */
export function useResource<T>(path: string | null, server: string | null, everyMs = 1000): Resource<T> {
  const empty: Held<T> = {path, data: null, failure: null, receivedAt: 0, observedAt: 0};
  const [held, setHeld] = useState<Held<T>>(empty);
  const ask = useRef<() => void>(() => undefined);

  useEffect(() => {
    if (path === null) return undefined;
    let over = false;
    let asking = false;
    let wanted = false;
    let notBefore = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const later = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(run, ms);
    };
    const run = async (): Promise<void> => {
      wanted = false;
      asking = true;
      const began = Date.now();
      try {
        const {data, readingMs} = await getTimed<T>(path);
        const now = Date.now();
        if (!over) setHeld({path, data, failure: null, receivedAt: now, observedAt: observedAt(data, now)});
        notBefore = began + Math.max(everyMs, (now - began) * REST, readingMs * READING_REST);
      } catch (error) {
        const failure = error instanceof Failed ? error : new Failed(0, {code: "misuse", message: String(error), advice: ""});
        if (!over) setHeld((old) => ({...(old.path === path ? old : empty), failure}));
        notBefore = Date.now() + RETRY_MS;
        wanted = failure.status === 0 || failure.status >= 500 || failure.status === 404;
      }
      asking = false;
      if (!over && wanted) later(Math.max(0, notBefore - Date.now()));
    };
    const want = (): void => {
      if (wanted || document.hidden) return;
      wanted = true;
      if (!asking) later(Math.max(0, notBefore - Date.now()));
    };
    ask.current = () => {
      notBefore = 0;
      wanted = false;
      if (asking) wanted = true;
      else later(0);
    };
    const stops = [
      onLook((look) => { if (server === null || look.server === server) want(); }),
      link.subscribe(() => { if (link.value === "live") want(); }),
      locked.subscribe(() => { if (!locked.value) ask.current(); }),
    ];
    document.addEventListener("visibilitychange", want);
    void run();
    return () => {
      over = true;
      clearTimeout(timer);
      stops.forEach((stop) => stop());
      document.removeEventListener("visibilitychange", want);
    };
  }, [path, server, everyMs]);

  // Of another path, what is held says nothing.
  const shown = held.path === path ? held : empty;
  return {data: shown.data, failure: shown.failure, receivedAt: shown.receivedAt, observedAt: shown.observedAt, refetch: () => ask.current()};
}

/** The time now, ticking once a second. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** The database server's clock, by a look and what has passed since. */
export function serverClock(resource: {receivedAt: number; observedAt: number}, now: number): number {
  return resource.observedAt + Math.max(0, now - resource.receivedAt);
}
