// Gaps of a shape on a logarithmic axis: a bar for each power of two.
import type {Shape} from "../api/types";

export interface Bar {
  from: number;
  to: number;
  /** 0 to 1; its square root is drawn, so that the rare long ones stay visible. */
  height: number;
  completed: number;
}

export interface Histogram {
  low: number;
  high: number;
  bars: Bar[];
}

const FLOOR_MS = 1;

export function histogram(shape: Pick<Shape, "buckets" | "open" | "tau_ms">): Histogram {
  const edges = shape.buckets.flatMap((bucket) => (bucket.completed > 0 ? bucket.up_to_ms ?? [] : []));
  const reach = [...edges, ...shape.open.map((one) => one.age_ms), shape.tau_ms ?? 0, 1000];
  const high = 2 ** Math.ceil(Math.log2(Math.max(...reach, 2)));
  const most = Math.max(1, ...shape.buckets.map((bucket) => bucket.completed));
  const bars = shape.buckets.filter((bucket) => bucket.completed > 0).map((bucket) => {
    const to = bucket.up_to_ms ?? high;
    return {from: Math.max(FLOOR_MS / 2, to / 2), to, height: Math.sqrt(bucket.completed / most), completed: bucket.completed};
  });
  return {low: FLOOR_MS, high, bars};
}

/** 0 to 1 along the axis. */
export function position(ms: number, low: number, high: number): number {
  return Math.min(1, Math.max(0, Math.log2(Math.max(ms, low) / low) / Math.log2(high / low)));
}

const MARKS = [1, 10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000, 36_000_000, 86_400_000, 864_000_000];

export function marks(low: number, high: number): number[] {
  return MARKS.filter((mark) => mark >= low && mark <= high);
}
