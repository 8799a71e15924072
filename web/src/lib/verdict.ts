// What is said in words, at the top of the first page and beside each shape.
import type {Finding, Sample, Server, Shape} from "../api/types";
import {duration} from "./time";
import {count, plural} from "./words";

export interface Verdict {
  tone: "critical" | "warning" | "notice" | "calm" | "unknown";
  title: string;
  detail: string;
}

/** How soon nothing is left, if it goes on like this; null where it does not look so. */
export function untilFull(sample: Sample, perMinute: number | null): number | null {
  if (perMinute === null || perMinute < 6 || sample.usable === null) return null;
  const free = sample.usable - sample.clients + sample.idle;
  return free > 0 ? (free / perMinute) * 60_000 : 0;
}

function capacity(sample: Sample | null, perMinute: number | null): string {
  if (!sample) return "";
  const used = sample.usable === null ? `${plural(sample.clients, "connection")} in use.` : `${count(sample.clients)} of ${count(sample.usable)} connections in use.`;
  const left = untilFull(sample, perMinute);
  if (left === null) return used;
  const growing = `${Math.round(perMinute ?? 0)} more idle in transaction every minute`;
  return left === 0 ? `${used} None is left, and there are ${growing}.` : `${used} ${growing[0]?.toUpperCase()}${growing.slice(1)}: full in about ${duration(Math.max(1000, left))}.`;
}

/** The one sentence for whoever has just been woken. Of a daemon that is `lost` only the past can be told. */
export function headline(server: Server, findings: Finding[] | null, sample: Sample | null, perMinute: number | null, lost = false): Verdict {
  if (lost) {
    const worst = findings?.[0];
    return {tone: "unknown", title: "What goes on now is not known", detail: worst ? `When last seen: ${worst.title}.` : findings && server.complete ? "When last seen, nothing was wrong." : ""};
  }
  if (server.error) return {tone: "critical", title: `${server.name} cannot be observed`, detail: `${server.error.message} ${server.error.advice}`.trim()};
  const worst = findings?.[0];
  const inUse = capacity(sample, perMinute);
  if (!worst) {
    if (findings === null || server.looks === 0) return {tone: "unknown", title: "Looking …", detail: ""};
    if (!server.complete) return {tone: "unknown", title: "Nothing found, but not everything could be seen", detail: `That nothing was found means little until it can. ${inUse}`};
    return {tone: "calm", title: "Nothing is wrong", detail: `${inUse} ${sample && sample.waiting > 0 ? plural(sample.waiting, "session waits for a lock", "sessions wait for locks") + "." : "Nobody waits for a lock."}`};
  }
  return {tone: worst.severity, title: worst.title, detail: inUse};
}

function shiftWords(shift: number | null): string {
  if (shift === null || shift < 1.5) return "later than usual";
  return `about ${shift < 10 ? shift.toFixed(1) : Math.round(shift)} times later than usual`;
}

function chance(p: number | null): string {
  if (p === null) return "";
  if (p < 0.0001) return " Chance alone: less than 1 in 10,000.";
  return p < 0.05 ? ` Chance alone: 1 in ${count(Math.round(1 / p))}.` : "";
}

/** The verdict on a shape's open transactions. */
export function shapeWords(shape: Shape): string {
  const open = shape.open.length;
  switch (shape.verdict) {
    case "learning":
      return `Still learning: ${shape.completed} of ${shape.needed} gaps seen to their end. Until then the fixed limit speaks.`;
    case "normal":
      return open === 0 ? "Nothing is open." : `${open === 1 ? "The open one is" : `The ${open} open ones are`} no older than such gaps usually become.`;
    case "slow":
      return `They do come back, but ${shiftWords(shape.shift)}: a slow holder, not a leak.${chance(shape.p_slow)}`;
    case "leaked":
      return `${open === 1 ? "This one" : `These ${open}`} will not come back: beyond ${duration(shape.named_from_ms ?? (shape.tau_ms ?? 0) * 4)} gaps like these no longer end.${chance(shape.p_immortal)}`;
  }
}
