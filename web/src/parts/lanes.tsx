// Swim lanes: a lane for each open transaction, in a list of which only the rows in view exist.
import {useEffect, useLayoutEffect, useRef, useState} from "preact/hooks";
import type {Transaction} from "../api/types";
import {blocking} from "../lib/forest";
import {lane} from "../lib/lanes";
import {age, axisStep, duration, parseTime, roughly} from "../lib/time";
import {keyTitle, oneLine, plural, stateTone} from "../lib/words";
import {GUTTER, ROW, paint, timeToX, xToTime, type View} from "./lane_painter";

interface Props {
  transactions: Transaction[];
  now: number;
  spanMs: number;
  selected: string | null;
  marked: string | null;
  nested: boolean;
  onOpen: (key: string) => void;
}

const OVERSCAN = 6;

function axisTicks(now: number, spanMs: number, width: number): number[] {
  const step = axisStep(spanMs, Math.max(2, Math.floor(width / 90)));
  const ticks: number[] = [];
  for (let back = 0; back <= spanMs; back += step) ticks.push(now - back);
  return ticks;
}

/** What was at this time of a lane, in words. */
function saying(transaction: Transaction, at: number, now: number, slack: number): string {
  const made = lane(transaction, now);
  const block = made.blocks.find((one) => at >= one.from - slack && at <= one.to + slack);
  if (at < made.from - slack) return "";
  if (block?.kind === "dropped") return `${plural(block.line.dropped, "statement")} not kept`;
  if (block) {
    const runs = block.line.count > 1 ? `× ${block.line.count}, ` : "";
    const waits = block.kind === "waiting" ? ", waits" : "";
    return `${oneLine(block.line.text)} (${runs}${duration(block.line.busy_ms)}${waits}${block.line.error ? `, error ${block.line.error}` : ""})`;
  }
  if (made.silentSince !== null && at >= made.silentSince) return `nothing for ${age(now - made.silentSince)}`;
  if (!made.known) return "what it ran here is not known";
  const before = made.blocks.filter((one) => one.to <= at).at(-1)?.to ?? made.from;
  const after = made.blocks.find((one) => one.from >= at)?.from ?? now;
  return `nothing for ${duration(after - before)}`;
}

function Label({transaction, now, nested}: {transaction: Transaction; now: number; nested: boolean}) {
  const waits = transaction.waits_for.length > 0;
  const [holder] = blocking(transaction.waits_for);
  const started = parseTime(transaction.started_at);
  return (
    <span class="label">
      {nested && waits && <span class="hook" aria-hidden="true">↳</span>}
      <i class={`swatch ${waits ? "blocked" : stateTone(transaction.state)}`} aria-hidden="true" />
      <span class="pid">{transaction.pid ?? keyTitle(transaction.key)}</span>
      <span class="application">{transaction.application || transaction.user}</span>
      {waits && holder ? <span class="for"><span class="visually-hidden">waits for</span><span aria-hidden="true">→ </span>{keyTitle(holder.key)}</span> : <span class="visually-hidden">{transaction.state}</span>}
      <span class="age">{started === null ? "–" : roughly(Math.max(0, Math.floor((now - (transaction.shift_ms ?? 0) - started) / 1000) * 1000))}</span>
    </span>
  );
}

/** Size and scroll of the body; its rows are drawn from them. */
function useBody(): [preact.RefObject<HTMLDivElement | null>, {width: number; height: number}, number, () => void] {
  const body = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({width: 0, height: 0});
  const [first, setFirst] = useState(0);
  const onScroll = (): void => setFirst(Math.floor((body.current?.scrollTop ?? 0) / ROW));
  useLayoutEffect(() => {
    const element = body.current;
    if (!element) return undefined;
    const measure = (): void => setSize({width: element.clientWidth, height: element.clientHeight});
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [body, size, first, onScroll];
}

export function Lanes({transactions, now, spanMs, selected, marked, nested, onOpen}: Props) {
  const [body, size, first, noteScroll] = useBody();
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef(0);
  const [tip, setTip] = useState<{x: number; y: number; text: string} | null>(null);
  const labelWidth = size.width < 620 ? 150 : 290;
  const width = Math.max(0, size.width - labelWidth);
  const view = (): View => ({width, height: size.height, scrollTop: body.current?.scrollTop ?? 0, now, spanMs});
  const ticks = axisTicks(now, spanMs, width - GUTTER);
  const repaint = useRef<() => void>(() => undefined);
  repaint.current = () => { if (canvas.current) paint(canvas.current, transactions, view(), ticks); };
  const soon = (): void => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => repaint.current());
  };
  useEffect(soon);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  useEffect(() => {
    const at = marked === null ? -1 : transactions.findIndex((one) => one.key === marked);
    const element = body.current;
    if (!element || at < 0) return;
    if (at * ROW < element.scrollTop) element.scrollTop = at * ROW;
    else if ((at + 1) * ROW > element.scrollTop + element.clientHeight) element.scrollTop = (at + 1) * ROW - element.clientHeight;
  }, [marked]);

  const begin = Math.max(0, first - OVERSCAN);
  const rows = transactions.slice(begin, first + Math.ceil(size.height / ROW) + OVERSCAN);
  const point = (event: PointerEvent, transaction: Transaction): void => {
    const box = body.current?.getBoundingClientRect();
    if (!box || event.pointerType === "touch") return;
    const x = event.clientX - box.left - labelWidth;
    const text = x < 0 || x > width - GUTTER ? "" : saying(transaction, xToTime(x, view()), now, (spanMs / width) * 3);
    setTip(text ? {x: event.clientX, y: event.clientY, text} : null);
  };
  return (
    <div class="lanes" style={{"--label": `${labelWidth}px`}}>
      <div class="axis" aria-hidden="true">
        {ticks.map((tick) => <span key={now - tick} style={{left: `${labelWidth + timeToX(tick, view())}px`}}>{tick === now ? "now" : `−${roughly(now - tick)}`}</span>)}
      </div>
      <div class="lanes-body" ref={body} onScroll={() => { noteScroll(); soon(); setTip(null); }} onPointerLeave={() => setTip(null)}>
        <div class="lanes-space" style={{height: `${transactions.length * ROW}px`}}>
          <canvas ref={canvas} aria-hidden="true" style={{width: `${width}px`, height: `${size.height}px`, marginLeft: `${labelWidth}px`, marginBottom: `-${size.height}px`}} />
          <ul aria-label="Open transactions">
            {rows.map((transaction, index) => (
              <li key={transaction.key} style={{transform: `translateY(${(begin + index) * ROW}px)`}}>
                <button type="button" data-key={transaction.key} onClick={() => { setTip(null); onOpen(transaction.key); }} onPointerMove={(event) => point(event, transaction)}
                  class={`${transaction.key === selected ? "selected" : ""} ${transaction.key === marked ? "marked" : ""}`} aria-pressed={transaction.key === selected}>
                  <Label transaction={transaction} now={now} nested={nested} />
                </button>
              </li>
            ))}
          </ul>
        </div>
      </div>
      {tip && <div class="tip" style={{left: `${Math.min(tip.x + 12, innerWidth - 330)}px`, top: `${tip.y + 16}px`}}>{tip.text}</div>}
    </div>
  );
}
