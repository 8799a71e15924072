import type {WaitTreeLine} from "../api/types";
import {duration} from "../lib/time";
import {plural} from "../lib/words";

/** A finding's tree, in drawing order: the root first, behind each who waits for it. */
export function WaitTree({lines}: {lines: WaitTreeLine[]}) {
  return (
    <ol class="wait-tree">
      {lines.map((line, index) => (
        <li key={index} style={{"--depth": String(line.depth)}} class={line.depth === 0 ? "root" : undefined}>
          <span class="who">{line.more > 0 ? `and ${plural(line.more, "more waiter")}` : line.who}</span>
          {line.waits_for && <span class="dim">waits for {line.waits_for}</span>}
          {line.waiting_ms !== null && <span class="number">{duration(line.waiting_ms)}</span>}
        </li>
      ))}
    </ol>
  );
}
