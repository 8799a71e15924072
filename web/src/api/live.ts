// The event stream: who listens is told of looks and findings; the connection's own state is a store.
import {Store, useStore} from "../lib/store";
import {get} from "./client";
import type {FindingEvent, LookEvent} from "./types";

export type Link = "connecting" | "live" | "lost";

export const link = new Store<Link>("connecting");
/** When the link was lost, our clock; null while it is not. */
export const lostSince = new Store<number | null>(null);

// A blip of a second is nobody's concern.
const BLIP_MS = 1500;

/** Whether the link has been lost for longer than a blip. */
export function useLost(now: number): boolean {
  const since = useStore(lostSince);
  return useStore(link) === "lost" && since !== null && now - since > BLIP_MS;
}

type Reader<T> = (event: T) => void;
const lookReaders = new Set<Reader<LookEvent>>();
const findingReaders = new Set<Reader<FindingEvent>>();
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
// Looks come every second and a comment every 15: a stream that says nothing for so long is dead, whatever TCP thinks.
const SILENCE_MS = 40_000;
const HIDDEN_MS = 30_000;

let source: EventSource | null = null;
let wait = FIRST_WAIT_MS;
let timer: ReturnType<typeof setTimeout> | undefined;
let hiding: ReturnType<typeof setTimeout> | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;

export function onLook(reader: Reader<LookEvent>): () => void {
  lookReaders.add(reader);
  return () => void lookReaders.delete(reader);
}

export function onFinding(reader: Reader<FindingEvent>): () => void {
  findingReaders.add(reader);
  return () => void findingReaders.delete(reader);
}

function heard(): void {
  clearTimeout(silence);
  silence = setTimeout(reconnect, SILENCE_MS);
  wait = FIRST_WAIT_MS;
  link.set("live");
  lostSince.set(null);
}

function tell<T>(readers: Set<Reader<T>>, event: Event): void {
  heard();
  let told: T;
  try {
    told = JSON.parse((event as MessageEvent<string>).data) as T;
  } catch {
    return;
  }
  for (const reader of [...readers]) reader(told);
}

function reconnect(): void {
  source?.close();
  source = null;
  clearTimeout(silence);
  clearTimeout(timer);
  if (lostSince.value === null) lostSince.set(Date.now());
  // An event source does not say why. If it is a token that is no longer good, this does.
  get("/api/v1/status").catch(() => undefined);
  link.set("lost");
  timer = setTimeout(connect, wait);
  wait = Math.min(wait * 2, LONGEST_WAIT_MS);
}

/** Opens the stream; it opens itself again, at growing distances, until disconnect(). */
export function connect(): void {
  document.addEventListener("visibilitychange", onVisibility);
  source?.close();
  clearTimeout(timer);
  source = new EventSource("/api/v1/events");
  source.addEventListener("open", heard);
  source.addEventListener("look", (event) => tell(lookReaders, event));
  source.addEventListener("finding", (event) => tell(findingReaders, event));
  source.addEventListener("error", reconnect);
}

export function disconnect(): void {
  document.removeEventListener("visibilitychange", onVisibility);
  clearTimeout(hiding);
  close();
}

function close(): void {
  source?.close();
  source = null;
  clearTimeout(timer);
  clearTimeout(silence);
}

/** Pages that nobody sees let go: a browser has six connections to one server, and each open page holds one. */
function onVisibility(): void {
  clearTimeout(hiding);
  if (document.hidden) {
    hiding = setTimeout(() => {
      close();
      link.set("connecting");
    }, HIDDEN_MS);
  } else if (source === null && link.value === "connecting") {
    connectNow();
  }
}

/** At once, for whoever does not want to wait. */
export function connectNow(): void {
  wait = FIRST_WAIT_MS;
  connect();
}
