// Times are the database server's clock. An age is taken against the look it came with, plus what has passed here since.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds since 1970, or null for null and for what is no time. */
export function parseTime(text: string | null | undefined): number | null {
  if (!text) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms - whole * large) / small);
  return rest > 0 ? `${whole} ${largeName} ${rest} ${smallName}` : `${whole} ${largeName}`;
}

/** For people: "850 ms", "4.2 s", "48 s", "4 min 12 s", "2 h 5 min", "3 d 4 h". */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  if (ms < 0) return "0 s";
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 9.95 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < 10 * MINUTE) return twoUnits(ms, MINUTE, "min", SECOND, "s");
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return twoUnits(ms, HOUR, "h", MINUTE, "min");
  return twoUnits(ms, DAY, "d", HOUR, "h");
}

/** One unit, for axes and narrow columns: "850 ms", "48 s", "4 min", "2 h". */
export function roughly(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 2 * MINUTE) return `${trimmed(ms / SECOND)} s`;
  if (ms < 2 * HOUR) return `${trimmed(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${trimmed(ms / HOUR)} h`;
  return `${trimmed(ms / DAY)} d`;
}

function trimmed(value: number): string {
  return value < 10 ? String(Number(value.toFixed(1))) : String(Math.round(value));
}

/** An age that ticks every second, so without fractions: "just now", "12 s", "4 min 12 s". */
export function age(ms: number | null): string {
  if (ms === null) return "–";
  return ms < SECOND ? "under 1 s" : duration(Math.floor(ms / SECOND) * SECOND).replace(/^(\d)\.0 s$/, "$1 s");
}

const two = (value: number): string => String(value).padStart(2, "0");

/** "06:29:56", in the reader's time zone. */
export function clock(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** "22.11. 06:29", in the reader's time zone: for graphs of days. */
export function dayAndClock(at: number): string {
  const date = new Date(at);
  return `${date.getDate()}.${date.getMonth() + 1}. ${clock(at).slice(0, 5)}`;
}

/** "2026-11-22 06:29:56 (UTC+1)", in the reader's time zone. */
export function absolute(at: number): string {
  const date = new Date(at);
  const offset = -date.getTimezoneOffset();
  const zone = offset === 0 ? "UTC" : `UTC${offset > 0 ? "+" : "−"}${trimmed(Math.abs(offset) / 60)}`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(at)} (${zone})`;
}

const STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND)
  .concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), [1, 2, 3, 6, 12].map((n) => n * HOUR), [1, 2, 7].map((n) => n * DAY));

/** The distance of an axis's marks, at most `count` of them in `span`. */
export function axisStep(span: number, count: number): number {
  return STEPS.find((step) => span / step <= count) ?? Math.ceil(span / count / DAY) * DAY;
}
