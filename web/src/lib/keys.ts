import {useEffect, useRef, useState} from "preact/hooks";

/** What a key does; true if it was used up. The reader registered last is asked first. */
type Reader = (key: string, event: KeyboardEvent) => boolean;
const readers: Reader[] = [];

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target) && event.key !== "Escape") return;
  // A dialog is modal for letters too; Escape it closes itself.
  if (document.querySelector("dialog[open]")) return;
  for (const reader of [...readers].reverse()) {
    if (reader(event.key, event)) {
      event.preventDefault();
      return;
    }
  }
});

export function useKeys(reader: Reader): void {
  const latest = useRef(reader);
  latest.current = reader;
  useEffect(() => {
    const mine: Reader = (key, event) => latest.current(key, event);
    readers.push(mine);
    return () => void readers.splice(readers.indexOf(mine), 1);
  }, []);
}

/** j and k move through `keys`, Enter opens; returns the one that is marked. */
export function useListKeys(keys: string[], open: (key: string) => void, start: string | null = null): [string | null, (key: string | null) => void] {
  const [marked, setMarked] = useState<string | null>(start);
  useKeys((key, event) => {
    const at = marked === null ? -1 : keys.indexOf(marked);
    if ((key === "j" || key === "k") && document.activeElement instanceof HTMLElement) document.activeElement.blur();
    if (key === "j") setMarked(keys[Math.min(at + 1, keys.length - 1)] ?? null);
    else if (key === "k") setMarked(keys[Math.max(at - 1, 0)] ?? null);
    else if (key === "Enter" && marked !== null && at >= 0 && !isControl(event.target)) open(marked);
    else return false;
    return true;
  });
  useEffect(() => {
    if (marked !== null) document.querySelector("main .marked")?.scrollIntoView({block: "nearest"});
  }, [marked]);
  return [marked, setMarked];
}

/** A focused button or link answers Enter itself. */
function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("button, a, summary") !== null;
}
