import type {StatementLine, WaitTreeLine} from "../api/types";
import {evidenceName, evidenceValue} from "../lib/words";
import {Sql} from "./bits";
import {Statements} from "./statements";
import {WaitTree} from "./wait_tree";

const DRAWN = new Set(["wait_tree", "statements", "last_statement"]);
const LONG = 12;

function Value({name, value}: {name: string; value: unknown}) {
  if (Array.isArray(value) && value.length > LONG) {
    return <details><summary>{value.length} of them</summary>{evidenceValue(name, value)}</details>;
  }
  return <>{evidenceValue(name, value)}</>;
}

/** The proof: the statement list and the tree as such, all else as names and values. */
export function Evidence({evidence, silentMs}: {evidence: Record<string, unknown>; silentMs: number | null}) {
  const lines = evidence["statements"] as StatementLine[] | undefined;
  const tree = evidence["wait_tree"] as WaitTreeLine[] | undefined;
  const last = evidence["last_statement"];
  const others = Object.entries(evidence).filter(([name, value]) => !DRAWN.has(name) && value !== null);
  return (
    <>
      {typeof last === "string" && last && !lines && <div><h3>Last statement</h3><Sql text={last} /></div>}
      {lines && lines.length > 0 && <div><h3>What the first of them ran</h3><Statements lines={lines} silentMs={silentMs} /></div>}
      {tree && tree.length > 0 && <div><h3>Who waits behind it</h3><WaitTree lines={tree} /></div>}
      {others.length > 0 && (
        <div>
          <h3>Measured</h3>
          <dl class="measured">{others.map(([name, value]) => <div key={name}><dt>{evidenceName(name)}</dt><dd><Value name={name} value={value} /></dd></div>)}</dl>
        </div>
      )}
    </>
  );
}
