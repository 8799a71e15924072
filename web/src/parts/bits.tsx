import type {ComponentChildren} from "preact";
import {useEffect, useState} from "preact/hooks";
import type {Failed} from "../api/client";
import type {Severity} from "../api/types";
import {absolute, age} from "../lib/time";
import {oneLine, shortState, stateTone} from "../lib/words";

/** An age that ticks, with the moment itself on hover. */
export function Age({at, now, suffix = ""}: {at: number | null; now: number; suffix?: string}) {
  if (at === null) return <span class="dim">–</span>;
  return <time dateTime={new Date(at).toISOString()} title={absolute(at)}>{age(Math.max(0, now - at))}{suffix}</time>;
}

const SHAPES: Record<string, string> = {
  critical: "M4.7 1h4.6L13 4.7v4.6L9.3 13H4.7L1 9.3V4.7z",
  warning: "M7 1.2 13.4 12.6H.6z",
  notice: "M7 1.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 7 1.2z",
};
const SIGNS: Record<string, string> = {
  critical: "M7 3.8v3.8M7 9.6v.4", warning: "M7 5.2v3.2M7 10.3v.3", notice: "M7 6.4v3.6M7 4v.4", calm: "M2 7.5l3.4 3.4L12 4", unknown: "M3 7h8",
};

/** A severity by shape as well as by colour. */
export function Mark({tone, size = 14}: {tone: Severity | "calm" | "unknown"; size?: number}) {
  const shape = SHAPES[tone];
  return (
    <svg class={`mark ${tone}`} viewBox="0 0 14 14" width={size} height={size} style={{width: `${size}px`, height: `${size}px`}} role="img" aria-label={tone}>
      {shape && <path d={shape} fill="currentColor" />}
      <path d={SIGNS[tone] ?? ""} fill="none" stroke={shape ? "var(--card)" : "currentColor"} stroke-width={shape ? 1.5 : 2} stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

export function State({state}: {state: string}) {
  return <span class="state"><i class={`swatch ${stateTone(state)}`} aria-hidden="true" />{shortState(state)}</span>;
}

export function Sql({text, cut = false}: {text: string; cut?: boolean}) {
  const line = oneLine(text);
  return <code class={cut ? "sql cut" : "sql"} title={cut ? line : undefined}>{line}</code>;
}

export function Quiet({title, children}: {title: string; children?: ComponentChildren}) {
  return <div class="quiet"><strong>{title}</strong>{children}</div>;
}

export function Bones({lines = 4}: {lines?: number}) {
  return (
    <div class="bones" role="status" aria-label="Loading">
      {Array.from({length: lines}, (_, index) => <i key={index} style={{width: `${92 - ((index * 37) % 45)}%`}} />)}
    </div>
  );
}

export function Failure({failure, retry}: {failure: Failed; retry?: () => void}) {
  return (
    <div class="quiet" role="alert">
      <strong>{failure.problem.message}</strong>
      {failure.problem.advice}
      {retry && <div><button type="button" class="button" onClick={retry}>Try again</button></div>}
    </div>
  );
}

interface Asked<T> {
  data: T | null;
  failure: Failed | null;
  refetch: () => void;
}

/** What there is of an answer: bones, the failure, or the thing itself. */
export function Loaded<T>({resource, lines, children}: {resource: Asked<T>; lines?: number; children: (data: T) => ComponentChildren}) {
  if (resource.data !== null) return <>{children(resource.data)}</>;
  if (resource.failure) return <Failure failure={resource.failure} retry={resource.refetch} />;
  return <Bones {...(lines ? {lines} : {})} />;
}

export function Copy({text, label = "Copy"}: {text: string; label?: string}) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), 1600);
    return () => clearTimeout(timer);
  }, [done]);
  // The clipboard is there on loopback and over TLS alone; elsewhere the text can be selected.
  if (!("clipboard" in navigator)) return null;
  return <button type="button" class="button small" onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true), () => undefined)}>{done ? "Copied" : label}</button>;
}

export function Filter({value, onValue, label}: {value: string; onValue: (value: string) => void; label: string}) {
  return (
    <input class="field" type="search" data-filter value={value} placeholder={`${label}  /`} aria-label={label} autocomplete="off" spellcheck={false}
      onInput={(event) => onValue(event.currentTarget.value)}
      onKeyDown={(event) => { if (event.key === "Escape" || event.key === "Enter") { if (event.key === "Escape") onValue(""); event.currentTarget.blur(); event.stopPropagation(); } }} />
  );
}
