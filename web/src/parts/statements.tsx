// What a transaction ran, in order, with the silences between: the list that the server itself does not keep.
import type {StatementLine} from "../api/types";
import {absolute, duration, parseTime} from "../lib/time";
import {count, plural} from "../lib/words";
import {Sql} from "./bits";

// Shorter silences are the way of a program that talks to a server; longer ones are worth a line of their own.
const WORTH_SAYING_MS = 250;

function Gap({ms, open = false}: {ms: number; open?: boolean}) {
  return (
    <tr class={open ? "gap open" : "gap"}>
      <td />
      <td colSpan={4}><span>{open ? "then nothing for" : "nothing for"} <strong>{duration(ms)}</strong></span></td>
    </tr>
  );
}

function Line({line, number}: {line: StatementLine; number: number}) {
  const started = parseTime(line.started_at);
  if (line.dropped > 0) {
    return <tr class="gap"><td /><td colSpan={4}><span>{plural(line.dropped, "statement")} not kept</span></td></tr>;
  }
  return (
    <tr class={line.error ? "failed" : undefined}>
      <td class="number dim" title={started === null ? undefined : absolute(started)}>{number}</td>
      <td>
        <Sql text={line.text} />
        {line.error && <div class="tag critical">error {line.error}</div>}
        {line.count > 1 && line.longest_gap_ms >= WORTH_SAYING_MS && <div class="dim">up to {duration(line.longest_gap_ms)} of nothing between two of them</div>}
        {line.count > 1 && line.same_parameters && <div class="dim">with the same parameters every time</div>}
      </td>
      <td class="number">{line.count > 1 ? `× ${count(line.count)}` : ""}</td>
      <td class="number">{count(line.rows)}</td>
      <td class="number">{line.running ? <span class="running">running {duration(line.busy_ms)}</span> : duration(line.busy_ms)}</td>
    </tr>
  );
}

export function Statements({lines, silentMs = null}: {lines: StatementLine[]; silentMs?: number | null}) {
  let number = 0;
  return (
    <div class="scroll-x">
      <table class="statements">
        <thead><tr><th class="number">#</th><th>Statement</th><th class="number">Runs</th><th class="number">Rows</th><th class="number">Took</th></tr></thead>
        <tbody>
          {lines.map((line, index) => {
            const mine = number + 1;
            number += line.dropped > 0 ? line.dropped : Math.max(1, line.count);
            return [
              index > 0 && line.gap_before_ms >= WORTH_SAYING_MS && <Gap key={`gap${index}`} ms={line.gap_before_ms} />,
              <Line key={index} line={line} number={mine} />,
            ];
          })}
          {silentMs !== null && silentMs >= 1000 && <Gap ms={silentMs} open />}
        </tbody>
      </table>
    </div>
  );
}
