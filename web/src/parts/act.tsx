// A remedy: first its dry run, then, where acting is allowed, the act itself, confirmed with its targets as they are shown.
import {useEffect, useState} from "preact/hooks";
import {type Confirmed, Failed, kill, type KillRequest} from "../api/client";
import type {KillResult, Problem, Status} from "../api/types";
import {plural} from "../lib/words";
import {Copy, State} from "./bits";
import {Dialog} from "./dialog";

interface Wanted {
  status: Status;
  server: string;
  target: {finding: string} | {session: string};
  action: "terminate" | "cancel";
  onDone?: () => void;
}

const VERB = {terminate: "Terminate", cancel: "Cancel"};
const PAST = {terminate: "terminated", cancel: "cancelled"};
const DONE = new Set(["terminated", "cancelled"]);

function noun(wanted: Wanted, number: number): string {
  return wanted.action === "cancel" ? plural(number, "statement") : plural(number, "session");
}

function asProblem(error: unknown): Problem {
  return error instanceof Failed ? error.problem : {code: "misuse", message: String(error), advice: ""};
}

function planned(result: KillResult): KillResult["targets"] {
  return result.targets.filter((target) => target.outcome.startsWith("would_"));
}

function confirmed(result: KillResult): Confirmed[] {
  return planned(result).map(({session}) => ({
    session: `${session.pid}@${session.started_at}`,
    transaction_started_at: session.transaction_started_at,
    state_changed_at: session.state_changed_at,
  }));
}

function Targets({result}: {result: KillResult}) {
  return (
    <div class="targets">
      <table>
        <thead><tr><th>Session</th><th>Application</th><th>State</th><th>Wrote</th><th>Outcome</th></tr></thead>
        <tbody>
          {result.targets.map((target) => (
            <tr key={`${target.session.pid}@${target.session.started_at}`}>
              <td>{target.session.pid ?? "–"}</td>
              <td>{target.session.application || <span class="dim">none</span>}</td>
              <td><State state={target.session.state} /></td>
              <td>{target.session.wrote === null ? "–" : target.session.wrote ? "yes" : "no"}</td>
              <td>{target.outcome.replace(/_/g, " ")}{target.reason && <div class="dim">{target.reason}</div>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Trouble({problem}: {problem: Problem}) {
  return <p class="note critical" role="alert"><strong>{problem.message}</strong> {problem.advice}</p>;
}

function effect(result: KillResult): string {
  const wrote = planned(result).filter((target) => target.session.wrote).length;
  const lost = wrote === 0 ? "Nothing was written, so nothing is lost." : `What ${plural(wrote, "session")} wrote is rolled back.`;
  const free = result.released.length === 0 ? "Nobody waits behind." : `${plural(result.released.length, "waiting session")} can go on.`;
  return `${lost} ${free}`;
}

function summary(wanted: Wanted, result: KillResult): string {
  const done = result.targets.filter((target) => DONE.has(target.outcome)).length;
  const others = result.targets.length - done;
  const on = result.went_on.length > 0 ? ` ${plural(result.went_on.length, "waiter")} went on.` : "";
  return `${noun(wanted, done)} ${PAST[wanted.action]}${others > 0 ? `, ${others} not` : ""}.${on}`;
}

function Confirmation({wanted, dry, onClose, onResult}: {wanted: Wanted; dry: KillResult; onClose: () => void; onResult: (result: KillResult) => void}) {
  const [shown, setShown] = useState(dry);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const number = planned(shown).length;
  const again = async (): Promise<void> => setShown(await kill(wanted.status, wanted.server, {...wanted.target, action: wanted.action, dry_run: true}));
  const act = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      const request: KillRequest = {...wanted.target, action: wanted.action, dry_run: false, confirm: confirmed(shown)};
      onResult(await kill(wanted.status, wanted.server, request));
    } catch (error) {
      setProblem(asProblem(error));
      // Whatever else: what is shown has to be what is there now.
      await again().catch(() => undefined);
    }
    setBusy(false);
  };
  return (
    <Dialog label="Confirm" onClose={onClose}>
      <h1>{VERB[wanted.action]} {noun(wanted, number)} on {wanted.server}?</h1>
      <p>{effect(shown)} It is written into the audit.</p>
      {problem && <Trouble problem={problem} />}
      <Targets result={shown} />
      <footer>
        <button type="button" class="button" onClick={onClose}>Leave {number === 1 ? "it" : "them"}</button>
        <button type="button" class="button danger" data-confirm={number} disabled={busy || number === 0} onClick={() => void act()}>
          {busy ? "Working …" : `${VERB[wanted.action]} ${noun(wanted, number)}`}
        </button>
      </footer>
    </Dialog>
  );
}

function DryRun({wanted, result, onAct}: {wanted: Wanted; result: KillResult; onAct: () => void}) {
  const number = planned(result).length;
  if (result.error) return <Trouble problem={result.error} />;
  return (
    <div class="dry-run">
      <p><strong>Would {wanted.action} {noun(wanted, number)}.</strong> {effect(result)}</p>
      <details>
        <summary>{plural(result.targets.length, "target")}</summary>
        <Targets result={result} />
      </details>
      {wanted.status.actions
        ? <button type="button" class="button danger" disabled={number === 0} onClick={onAct}>{VERB[wanted.action]} {noun(wanted, number)} …</button>
        : <p class="dim">Acting from this page is off; <code>actions = true</code> in <code>[http]</code> allows it.</p>}
    </div>
  );
}

export function Act(props: Wanted & {command?: string}) {
  const [result, setResult] = useState<KillResult | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const key = JSON.stringify([props.server, props.target, props.action]);
  useEffect(() => { setResult(null); setProblem(null); setAsking(false); }, [key]);

  const dryRun = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      setResult(await kill(props.status, props.server, {...props.target, action: props.action, dry_run: true}));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  return (
    <div class="act">
      <div class="row">
        <button type="button" class="button" disabled={busy} onClick={() => void dryRun()}>{busy ? "Looking …" : `Dry run: ${props.action}`}</button>
        {props.command && <Copy text={props.command} label="Copy the command" />}
      </div>
      {problem && <Trouble problem={problem} />}
      {result?.dry_run && <DryRun wanted={props} result={result} onAct={() => setAsking(true)} />}
      {result && !result.dry_run && (result.error ? <Trouble problem={result.error} /> : <p class="note" role="status"><strong>{summary(props, result)}</strong></p>)}
      {asking && result && (
        <Confirmation wanted={props} dry={result} onClose={() => setAsking(false)} onResult={(done) => { setAsking(false); setResult(done); props.onDone?.(); }} />
      )}
    </div>
  );
}
