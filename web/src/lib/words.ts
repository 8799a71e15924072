import {duration} from "./time";

export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : value.toLocaleString("en-US");
}

/** "1 session", "70 sessions". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** White space folded; the statement stays one line. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** "idle in transaction" and so on, short enough for a column. */
export function shortState(state: string): string {
  if (state === "idle in transaction (aborted)") return "aborted";
  if (state === "idle in transaction") return "idle in tx";
  return state;
}

/** A class name by state: what it is coloured as. */
export function stateTone(state: string | null): string {
  switch (state) {
    case "active": return "active";
    case "idle": return "idle";
    case "idle in transaction": return "sleeping";
    case "idle in transaction (aborted)": return "aborted";
    default: return "other";
  }
}

/** 70@2026-… → 70; gid:NAME → NAME. */
export function keyTitle(key: string): string {
  return key.startsWith("gid:") ? `prepared ${key.slice(4)}` : key.split("@")[0] ?? key;
}

/** `oldest_idle_ms` → "oldest idle"; the unit goes to the value. */
export function evidenceName(name: string): string {
  return name.replace(/_ms$/, "").replace(/_/g, " ");
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

export function evidenceValue(name: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") {
    if (name.endsWith("_ms")) return duration(value);
    if (/(^|_)pid$/.test(name)) return String(value);
    return Number.isInteger(value) ? count(value) : value.toLocaleString("en-US", {maximumFractionDigits: 2});
  }
  if (typeof value === "string") return TIME.test(value) ? value.slice(0, 19).replace("T", " ") + " UTC" : oneLine(value);
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map((item) => (typeof item === "number" ? String(item) : evidenceValue("", item))).join(", ");
  return JSON.stringify(value);
}

/** Every word of the filter is somewhere in the text. */
export function matches(filter: string, ...texts: (string | number | null | undefined)[]): boolean {
  if (!filter.trim()) return true;
  const text = texts.join(" ").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
