// What has just come or gone, in the corner, for a few seconds; read aloud too.
import {useEffect, useState} from "preact/hooks";
import {onFinding} from "../api/live";
import type {FindingEvent} from "../api/types";
import {linkTo} from "../lib/router";
import {Mark} from "./bits";

const SHOWN_MS = 9000;
const MOST = 3;

/** `quiet`: read aloud only, where the page itself shows the findings. */
export function Toasts({quiet}: {quiet: boolean}) {
  const [shown, setShown] = useState<{key: number; event: FindingEvent}[]>([]);
  useEffect(() => {
    let next = 0;
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const stop = onFinding((event) => {
      if (event.change === "changed" || (event.change === "opened" && event.severity === "notice")) return;
      const key = next++;
      setShown((old) => [...old.filter((one) => one.event.id !== event.id), {key, event}].slice(-MOST));
      timers.add(setTimeout(() => setShown((old) => old.filter((one) => one.key !== key)), SHOWN_MS));
    });
    return () => {
      stop();
      timers.forEach(clearTimeout);
    };
  }, []);
  return (
    <div class={quiet ? "visually-hidden" : "toasts"} role="status" aria-live="polite">
      {shown.map(({key, event}) => (
        <div class="toast" key={key}>
          <Mark tone={event.change === "closed" ? "calm" : event.severity} />
          <a {...linkTo({page: "findings", item: event.change === "closed" ? null : event.id, server: event.server})}>
            {event.change === "closed" ? `Over: ${event.title}` : event.title}
          </a>
          <button type="button" class="icon" aria-label="Dismiss" onClick={() => setShown((old) => old.filter((one) => one.key !== key))}>
            <svg viewBox="0 0 18 18" aria-hidden="true"><path d="M5 5l8 8M13 5l-8 8" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" /></svg>
          </button>
        </div>
      ))}
    </div>
  );
}
