// Samples as the columns that the graph draws: layers are summed up, so that each is drawn on top of those below it.
import type {Sample} from "../api/types";
import {parseTime} from "./time";

// Bottom first. What leaks lies on the floor of the graph, where its growth is easiest to see.
export const LAYERS = ["idle_in_transaction", "aborted", "active", "idle"] as const;
export type Layer = (typeof LAYERS)[number];

export interface Columns {
  /** Seconds since 1970. */
  at: number[];
  /** Per layer, the sum of it and all below. */
  tops: Record<Layer, (number | null)[]>;
  waiting: (number | null)[];
  queued: (number | null)[];
  usable: (number | null)[];
  samples: (Sample | null)[];
}

// Longer without a sample, and the line is broken: nothing is claimed of times in which nobody looked.
export const BREAK_MS = 5000;

export function columns(samples: Sample[], from: number, breakMs = BREAK_MS): Columns {
  const made: Columns = {at: [], tops: {idle_in_transaction: [], aborted: [], active: [], idle: []}, waiting: [], queued: [], usable: [], samples: []};
  const push = (at: number, sample: Sample | null): void => {
    made.at.push(at / 1000);
    let sum = 0;
    for (const layer of LAYERS) {
      sum += sample?.[layer] ?? 0;
      made.tops[layer].push(sample ? sum : null);
    }
    // Nobody is no line: along the floor it would only be in the way.
    made.waiting.push(sample?.waiting || null);
    made.queued.push(sample?.queued || null);
    made.usable.push(sample?.usable ?? null);
    made.samples.push(sample);
  };
  let before: number | null = null;
  for (const sample of samples) {
    const at = parseTime(sample.at);
    if (at === null || at < from) continue;
    if (before !== null && at - before > breakMs) push(before + 1, null);
    push(at, sample);
    before = at;
  }
  return made;
}

/** The index of the time nearest to `at` (seconds), by bisection; -1 of none. */
export function nearest(times: number[], at: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const before = times[low - 1];
  const found = times[low];
  return before !== undefined && found !== undefined && at - before < found - at ? low - 1 : Math.min(low, times.length - 1);
}

/** Change a minute of a layer over the last `overMs`, or null where there is too little to tell. */
export function growth(samples: Sample[], layer: Layer, overMs = 60_000): number | null {
  const last = samples.at(-1);
  const end = parseTime(last?.at);
  if (!last || end === null) return null;
  const first = samples.find((sample) => (parseTime(sample.at) ?? 0) >= end - overMs);
  const start = parseTime(first?.at);
  if (!first || start === null || end - start < overMs / 2) return null;
  return ((last[layer] - first[layer]) / (end - start)) * 60_000;
}
