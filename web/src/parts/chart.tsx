// Connections by state over time: the graph in which a leak is seen growing, and dropping when somebody has acted.
import {useEffect, useRef, useState} from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type {Sample} from "../api/types";
import {BREAK_MS, LAYERS, columns, nearest, type Columns, type Layer} from "../lib/stack";
import {clock, dayAndClock} from "../lib/time";
import {count} from "../lib/words";

export interface Event {
  at: number;
  label: string;
}

interface Props {
  samples: Sample[];
  spanMs: number;
  now: number;
  events: Event[];
  /** Longer without a sample, and nobody looked. */
  breakMs?: number;
  /** Samples are of that time, not of now. */
  past?: boolean;
}

const NAMES: [string, string, (sample: Sample) => number | null][] = [
  ["idle", "idle", (sample) => sample.idle], ["active", "active", (sample) => sample.active], ["aborted", "aborted", (sample) => sample.aborted],
  ["sleeping", "idle in transaction", (sample) => sample.idle_in_transaction], ["waiting", "waiting for a lock", (sample) => sample.waiting], ["queued", "queued for a pool", (sample) => sample.queued],
  ["usable", "usable", (sample) => sample.usable],
];
const LEAST_MS = 60_000;
const COLOUR: Record<Layer, string> = {idle_in_transaction: "--sleeping", aborted: "--aborted", active: "--active", idle: "--idle"};

function variable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function drawEvents(plot: uPlot, events: Event[]): void {
  const {ctx, bbox} = plot;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = variable("--ink-2");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.font = `${11 * devicePixelRatio}px ${variable("--sans")}`;
  let last = -Infinity;
  for (const event of events) {
    const x = Math.round(plot.valToPos(event.at / 1000, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(event.label).width + 8 * devicePixelRatio;
    if (x - last < width) continue;
    const left = x + width > bbox.left + bbox.width;
    ctx.textAlign = left ? "right" : "left";
    ctx.fillText(event.label, x + (left ? -4 : 4) * devicePixelRatio, bbox.top + 11 * devicePixelRatio);
    last = x;
  }
  ctx.restore();
}

/** Series from the top of the stack down, so that each covers what is below its own edge; lines last. */
function series(): uPlot.Series[] {
  const layers: uPlot.Series[] = [...LAYERS].reverse().map((layer) => {
    const colour = variable(COLOUR[layer]);
    return {label: layer, fill: colour, stroke: colour, width: 0, points: {show: false}};
  });
  const line = (label: string, colour: string, width: number, dash?: number[]): uPlot.Series => ({label, stroke: colour, width, points: {show: false}, ...(dash ? {dash} : {})});
  return [
    // Who waits is drawn over whatever else there is, so it has an edge of its own.
    {}, ...layers, line("usable", variable("--ink-2"), 1.25, [6, 4]), line("edge", variable("--card"), 4), line("waiting", variable("--waiting"), 2.25), line("edge", variable("--card"), 4),
    line("queued", variable("--waiting"), 2.25, [2, 3]),
  ];
}

function table(made: Columns): uPlot.AlignedData {
  return [made.at, ...[...LAYERS].reverse().map((layer) => made.tops[layer]), made.usable, made.waiting, made.waiting, made.queued, made.queued] as uPlot.AlignedData;
}

function ceiling(made: Columns): number {
  let most = 10;
  made.tops.idle.forEach((top, index) => { most = Math.max(most, top ?? 0, made.usable[index] ?? 0); });
  return most * 1.06;
}

const DAY_MS = 86_400_000;

function mark(at: number, step: number): string {
  if (step >= DAY_MS) return dayAndClock(at).split(" ")[0] ?? "";
  return clock(at).slice(0, step < 60_000 ? 8 : 5);
}

function options(size: {width: number; height: number}, latest: () => Latest, hover: (index: number | null, left: number) => void): uPlot.Options {
  const axis = {stroke: () => variable("--ink-3"), font: `12px ${variable("--sans")}`, ticks: {show: false}};
  return {
    ...size, padding: [10, 14, 0, 0], legend: {show: false}, cursor: {y: false, drag: {x: false, y: false}, points: {show: false}},
    scales: {x: {time: true, range: () => latest().range}, y: {range: () => [0, ceiling(latest().made)]}},
    axes: [
      {...axis, size: 30, grid: {show: false}, space: 56, values: (_, splits) => splits.map((at) => mark(at * 1000, ((splits[1] ?? 0) - (splits[0] ?? 0)) * 1000))},
      {...axis, size: 40, grid: {stroke: () => variable("--line"), width: 1}},
    ],
    series: series(),
    hooks: {
      draw: [(plot) => drawEvents(plot, latest().events)],
      setCursor: [(plot) => {
        const left = plot.cursor.left ?? -1;
        hover(left < 0 ? null : nearest(latest().made.at, plot.posToVal(left, "x")), left);
      }],
    },
  };
}

interface Latest {
  made: Columns;
  range: [number, number];
  events: Event[];
}

function sizeOf(element: HTMLElement): {width: number; height: number} {
  return {width: element.clientWidth, height: element.clientHeight};
}

function useThemeChange(changed: () => void): void {
  useEffect(() => {
    const media = matchMedia("(prefers-color-scheme: dark)");
    const observer = new MutationObserver(changed);
    observer.observe(document.documentElement, {attributes: true, attributeFilter: ["data-theme"]});
    media.addEventListener("change", changed);
    return () => {
      observer.disconnect();
      media.removeEventListener("change", changed);
    };
  }, []);
}

function Values({sample, left, width, past}: {sample: Sample; left: number; width: number; past: boolean}) {
  const right = left > width / 2;
  return (
    <div class="chart-values" style={right ? {right: `${width - left + 54}px`} : {left: `${left + 54}px`}}>
      <strong>{(past ? dayAndClock : clock)(Date.parse(sample.at))}</strong>
      <dl>{NAMES.map(([tone, name, value]) => [<dt key={name}><i class={`swatch ${tone}`} />{name}</dt>, <dd key={`${name}.`}>{count(value(sample))}</dd>])}</dl>
    </div>
  );
}

export function Chart({samples, spanMs, now, events, breakMs = BREAK_MS, past = false}: Props) {
  const home = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [hovered, setHovered] = useState<{index: number; left: number} | null>(null);
  const [theme, setTheme] = useState(0);
  useThemeChange(() => setTheme((count) => count + 1));
  const end = now / 1000;
  const made = columns(samples, now - spanMs - breakMs, breakMs);
  // Of a daemon that began a moment ago there is no hour to show.
  const begin = Math.max(end - spanMs / 1000, Math.min(made.at[0] ?? end, end - LEAST_MS / 1000));
  const latest = useRef<Latest>({made, range: [0, 1], events});
  latest.current = {made, range: [begin, end], events};

  useEffect(() => {
    const element = home.current;
    if (!element) return undefined;
    const hover = (index: number | null, left: number): void => setHovered(index === null || index < 0 ? null : {index, left});
    plot.current = new uPlot(options(sizeOf(element), () => latest.current, hover), table(latest.current.made), element);
    const observer = new ResizeObserver(() => plot.current?.setSize(sizeOf(element)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [theme]);
  useEffect(() => plot.current?.setData(table(made)), [samples, spanMs, now, events]);

  const sample = hovered ? made.samples[hovered.index] : null;
  const last = samples.at(-1);
  const spoken = last ? `${last.idle_in_transaction} idle in transaction, ${last.active} active, ${last.idle} idle, ${last.waiting} waiting, of ${last.usable ?? "unknown"} usable` : "nothing yet";
  return (
    <figure class="chart" role="img" aria-label={`Connections by state over time. ${past ? "At last" : "Now"}: ${spoken}`}>
      <div ref={home} class="plot" />
      {hovered && sample && <Values sample={sample} left={hovered.left} width={home.current?.clientWidth ?? 0} past={past} />}
    </figure>
  );
}
