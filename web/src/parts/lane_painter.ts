// Draws the lanes that are in view onto one canvas. Only what is seen costs anything, however many there are.
import {blocking} from "../lib/forest";
import {lane, type Block} from "../lib/lanes";
import type {Transaction} from "../api/types";

export const ROW = 30;
export const GUTTER = 46;
const BAR = 14;
const TRUNKS = 4;
const LEAST = 2;

export interface View {
  width: number;
  height: number;
  scrollTop: number;
  /** The server's clock at the right edge, and how much of the past is shown. */
  now: number;
  spanMs: number;
}

interface Palette {
  [name: string]: string;
}

const NAMES = ["active", "aborted", "waiting", "hatch", "hatch-sleeping", "line", "line-2", "ink-3", "card", "critical"];

function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

const hatches = new Map<string, CanvasPattern | null>();

/** Diagonal strokes: time in which nothing ran. */
function hatch(context: CanvasRenderingContext2D, colour: string, scale: number): CanvasPattern | string {
  const key = `${colour} ${scale}`;
  if (!hatches.has(key)) {
    const size = Math.round(6 * scale);
    const tile = document.createElement("canvas");
    tile.width = tile.height = size;
    const pen = tile.getContext("2d");
    if (pen) {
      pen.strokeStyle = colour;
      pen.lineWidth = 1.2 * scale;
      for (const shift of [-size, 0, size]) {
        pen.beginPath();
        pen.moveTo(shift - 1, size + 1);
        pen.lineTo(shift + size + 1, -1);
        pen.stroke();
      }
    }
    const pattern = context.createPattern(tile, "repeat");
    pattern?.setTransform(new DOMMatrix().scale(1 / scale));
    hatches.set(key, pattern);
  }
  return hatches.get(key) ?? colour;
}

export function timeToX(at: number, view: View): number {
  return ((at - (view.now - view.spanMs)) / view.spanMs) * (view.width - GUTTER);
}

export function xToTime(x: number, view: View): number {
  return view.now - view.spanMs + (x / (view.width - GUTTER)) * view.spanMs;
}

function paintBlock(context: CanvasRenderingContext2D, block: Block, y: number, view: View, colours: Palette): void {
  const from = Math.max(0, timeToX(block.from, view));
  const to = timeToX(block.to, view);
  if (to < 0) return;
  const width = Math.max(LEAST, to - from);
  const top = y + (ROW - BAR) / 2;
  context.fillStyle = (block.kind === "waiting" ? colours["waiting"] : block.line.error ? colours["aborted"] : colours["active"]) ?? "";
  if (block.kind === "dropped") {
    context.fillStyle = colours["ink-3"] ?? "";
    for (let x = from + 3; x < to - 2; x += 6) context.fillRect(x, y + ROW / 2 - 1, 2, 2);
  } else if (block.kind === "folded" && width > 10) {
    // Many runs of one statement: as dense as they were, at most as dense as can be seen.
    const step = Math.max(3.5, width / block.line.count);
    const share = Math.min(0.9, Math.max(0.3, block.line.busy_ms / Math.max(1, block.to - block.from)));
    for (let x = from; x < from + width - 1; x += step) context.fillRect(x, top, Math.max(1.5, step * share), BAR);
  } else {
    // A wait is the same all along: it may be paler than work, its beginning is what is looked for.
    if (block.kind === "waiting") context.clearRect(from, top, width, BAR);
    context.globalAlpha = block.kind === "waiting" ? 0.5 : 1;
    context.fillRect(from, top, width, BAR);
    context.globalAlpha = 1;
    if (block.kind === "waiting") context.fillRect(from, top, 3, BAR);
  }
}

function paintLane(context: CanvasRenderingContext2D, transaction: Transaction, y: number, view: View, colours: Palette, scale: number): void {
  const made = lane(transaction, view.now);
  const end = timeToX(view.now, view);
  const top = y + (ROW - BAR) / 2;
  const from = Math.max(0, timeToX(made.from, view));
  if (made.known) {
    context.fillStyle = hatch(context, colours["hatch"] ?? "", scale);
    context.fillRect(from, top + 2, Math.max(LEAST, end - from), BAR - 4);
  } else {
    context.fillStyle = colours["line-2"] ?? "";
    context.fillRect(from, y + ROW / 2 - 1, Math.max(LEAST, end - from), 2);
  }
  const silent = made.silentSince;
  if (silent !== null) {
    const x = Math.max(0, timeToX(silent, view));
    context.clearRect(x, top, end - x, BAR);
    context.fillStyle = hatch(context, colours[transaction.state.includes("aborted") ? "aborted" : "hatch-sleeping"] ?? "", scale);
    context.fillRect(x, top + 2, Math.max(LEAST, end - x), BAR - 4);
  }
  for (const block of made.blocks) paintBlock(context, block, y, view, colours);
  if (timeToX(made.from, view) < 0) {
    context.fillStyle = colours["card"] ?? "";
    context.fillRect(0, top - 1, 9, BAR + 2);
    context.fillStyle = colours["ink-3"] ?? "";
    context.beginPath();
    context.moveTo(6, top + 2);
    context.lineTo(1, y + ROW / 2);
    context.lineTo(6, top + BAR - 2);
    context.fill();
  }
}

/** Who waits for whom: from the waiter out into the gutter, and back to the holder's lane with an arrow. */
function paintWaits(context: CanvasRenderingContext2D, all: Transaction[], view: View, colours: Palette): void {
  const rows = new Map(all.map((one, index) => [one.key, index]));
  const trunks = new Map<string, number>();
  const plot = view.width - GUTTER;
  context.strokeStyle = context.fillStyle = colours["waiting"] ?? "";
  context.lineWidth = 1.5;
  all.forEach((waiter, index) => {
    for (const holder of blocking(waiter.waits_for)) {
      const target = rows.get(holder.key);
      if (target === undefined) continue;
      if (!trunks.has(holder.key)) trunks.set(holder.key, trunks.size % TRUNKS);
      const y = index * ROW + ROW / 2 - view.scrollTop;
      const goal = target * ROW + ROW / 2 - view.scrollTop;
      if (Math.max(y, goal) < 0 || Math.min(y, goal) > view.height) continue;
      const x = plot + 14 + (trunks.get(holder.key) ?? 0) * 8;
      context.beginPath();
      context.moveTo(plot + 1, y);
      context.lineTo(x, y);
      context.lineTo(x, goal);
      context.lineTo(plot + 4, goal);
      context.stroke();
      context.beginPath();
      context.moveTo(plot + 2, goal);
      context.lineTo(plot + 9, goal - 4);
      context.lineTo(plot + 9, goal + 4);
      context.fill();
    }
  });
}

export function paint(canvas: HTMLCanvasElement, all: Transaction[], view: View, ticks: number[]): void {
  const context = canvas.getContext("2d");
  if (!context || view.width <= 0 || view.height <= 0) return;
  const scale = devicePixelRatio;
  const [width, height] = [Math.round(view.width * scale), Math.round(view.height * scale)];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, view.width, view.height);
  const colours = palette();
  context.fillStyle = colours["line"] ?? "";
  const bottom = Math.min(view.height, all.length * ROW - view.scrollTop);
  for (const tick of ticks) context.fillRect(Math.round(timeToX(tick, view)), 0, 1, bottom);
  const first = Math.max(0, Math.floor(view.scrollTop / ROW));
  const last = Math.min(all.length, Math.ceil((view.scrollTop + view.height) / ROW));
  for (let index = first; index < last; index++) {
    const transaction = all[index];
    if (transaction) paintLane(context, transaction, index * ROW - view.scrollTop, view, colours, scale);
  }
  paintWaits(context, all, view, colours);
}
