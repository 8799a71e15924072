import {useRef, useState} from "preact/hooks";
import type {PageProps} from "../app";
import {serverPath} from "../api/client";
import {serverClock, useResource} from "../api/resource";
import type {Diagnosis, Finding, Remedy, Session, StatementLine} from "../api/types";
import {useListKeys} from "../lib/keys";
import {go, linkTo} from "../lib/router";
import {parseTime} from "../lib/time";
import {matches, plural} from "../lib/words";
import {Act} from "../parts/act";
import {Age, Copy, Filter, Loaded, Mark, Quiet, Sql, State} from "../parts/bits";
import {Evidence} from "../parts/evidence";

const FEW = 8;

function Row({finding, current, marked, now}: {finding: Finding; current: boolean; marked: boolean; now: number}) {
  return (
    <li>
      <a {...linkTo({page: "findings", item: finding.id})} class={`finding-row ${current ? "current" : ""} ${marked ? "marked" : ""}`} aria-current={current ? "true" : undefined} data-finding={finding.id}>
        <Mark tone={finding.severity} />
        <span><span class="name">{finding.title}</span><span class="dim">{finding.rule}, {finding.confidence}, for <Age at={parseTime(finding.first_seen)} now={now} /></span></span>
      </a>
    </li>
  );
}

function Subjects({subjects, now}: {subjects: Session[]; now: number}) {
  const [all, setAll] = useState(false);
  const shown = all ? subjects : subjects.slice(0, FEW);
  return (
    <div>
      <h3>{plural(subjects.length, "session")}{subjects.length > 1 ? ", oldest first" : ""}</h3>
      <div class="scroll-x">
        <table>
          <thead><tr><th>Session</th><th>Application</th><th>User</th><th>Client</th><th>State</th><th class="number">for</th><th class="number">open</th><th>Wrote</th></tr></thead>
          <tbody>
            {shown.map((one) => (
              <tr key={`${one.pid}@${one.started_at}`}>
                <td><a {...linkTo({page: "transactions", item: `${one.pid}@${one.started_at}`})}>{one.pid ?? "–"}</a></td>
                <td>{one.application || <span class="dim">none</span>}</td>
                <td>{one.user}</td>
                <td class="nowrap">{one.client || "–"}</td>
                <td><State state={one.state} /></td>
                <td class="number"><Age at={parseTime(one.state_changed_at)} now={now} /></td>
                <td class="number"><Age at={parseTime(one.transaction_started_at)} now={now} /></td>
                <td>{one.wrote === null ? "–" : one.wrote ? "yes" : "no"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {subjects.length > FEW && <button type="button" class="button small" onClick={() => setAll(!all)}>{all ? `Only the first ${FEW}` : `All ${subjects.length}`}</button>}
    </div>
  );
}

function Way({remedy, finding, props, onDone}: {remedy: Remedy; finding: Finding; props: PageProps; onDone: () => void}) {
  const acts = remedy.action === "terminate" || remedy.action === "cancel";
  return (
    <div class="remedy">
      <p><strong>{acts ? `${remedy.action === "cancel" ? "Cancel" : "Terminate"}: ` : remedy.action === "sql" ? "By hand, in SQL: " : "At the recorder's console: "}</strong>{remedy.predicted}</p>
      <pre><code>{remedy.command}</code></pre>
      {acts
        ? <Act status={props.status} server={props.server.name} target={{finding: finding.id}} action={remedy.action as "terminate" | "cancel"} command={remedy.command} onDone={onDone} />
        : <Copy text={remedy.command} label="Copy" />}
    </div>
  );
}

/** Nothing since: if the subject that the list is about still sleeps. */
function silence(finding: Finding, now: number): number | null {
  const [first] = finding.subjects;
  const lines = finding.evidence["statements"] as StatementLine[] | undefined;
  if (!first?.state.startsWith("idle in transaction") || !lines || lines.at(-1)?.running) return null;
  const since = parseTime(first.state_changed_at);
  return since === null ? null : now - since;
}

function Detail({finding, over, now, props, onDone}: {finding: Finding; over: boolean; now: number; props: PageProps; onDone: () => void}) {
  return (
    <article class={`finding ${finding.severity}`} data-detail={finding.id}>
      <header>
        <Mark tone={over ? "calm" : finding.severity} size={22} />
        <div>
          <h1>{finding.title}</h1>
          <p class="dim">
            <span class={`tag ${finding.severity}`}>{finding.severity}</span> <span class="tag">{finding.confidence}</span> {finding.rule}, first seen <Age at={parseTime(finding.first_seen)} now={now} suffix=" ago" />
          </p>
        </div>
      </header>
      {over && <p class="note" role="status"><strong>It is over.</strong> This is how it was seen last.</p>}
      <p class="explanation">{finding.explanation}</p>
      {finding.remedies.length > 0 && (
        <section><h2>Let go</h2>{finding.remedies.map((remedy) => <Way key={`${finding.id} ${remedy.action}`} remedy={remedy} finding={finding} props={props} onDone={onDone} />)}</section>
      )}
      <section class="why-how">
        {finding.likely_mistake && <div><h2>Likely mistake</h2><p>{finding.likely_mistake}</p></div>}
        {finding.fix && <div><h2>Fix</h2><p>{finding.fix}</p></div>}
      </section>
      <section class="evidence">
        <h2>Evidence</h2>
        <Evidence evidence={finding.evidence} silentMs={over ? null : silence(finding, now)} />
        {finding.subjects.length > 0 && <Subjects subjects={finding.subjects} now={now} />}
      </section>
    </article>
  );
}

function Missing({diagnosis}: {diagnosis: Diagnosis}) {
  if (diagnosis.missing.length === 0) return null;
  return (
    <section class={`panel missing ${diagnosis.complete ? "" : "incomplete"}`}>
      <header><Mark tone={diagnosis.complete ? "notice" : "warning"} /><h2>{diagnosis.complete ? "Some findings are poorer than they could be" : "Not everything could be seen: what is absent here may be there"}</h2></header>
      <ul class="body">{diagnosis.missing.map((one) => <li key={one.what}>{one.what}: {one.why}.{one.cure && <> <Sql text={one.cure} /> <Copy text={one.cure} /></>}</li>)}</ul>
    </section>
  );
}

function Split({diagnosis, now, filter, props, onDone}: {diagnosis: Diagnosis; now: number; filter: string; props: PageProps; onDone: () => void}) {
  const item = props.place.item;
  const shown = diagnosis.findings.filter((one) => matches(filter, one.title, one.rule, one.severity, one.id));
  const [marked] = useListKeys(shown.map((one) => one.id), (id) => go({page: "findings", item: id}), item);
  const seen = useRef<Finding | null>(null);
  const current = diagnosis.findings.find((one) => one.id === item) ?? null;
  if (current) seen.current = current;
  const chosen = current ?? (item !== null && seen.current?.id === item ? seen.current : null);
  const preview = item === null ? shown[0] ?? null : chosen;
  return (
    <div class={`findings ${item !== null ? "open" : ""} ${diagnosis.findings.length + (item === null ? 0 : 1) === 0 ? "none" : ""}`}>
      <section class="panel list" aria-label="Open findings">
        {shown.length === 0
          ? diagnosis.findings.length > 0 ? <Quiet title="None matches the filter" /> : <Quiet title="No open findings">{diagnosis.error ? "Nothing is known of it while it cannot be observed." : diagnosis.complete ? "Every rule was asked, and everything was seen." : "But not everything could be seen."}</Quiet>
          : <ul class="rows">{shown.map((one) => <Row key={one.id} finding={one} current={one.id === preview?.id} marked={one.id === marked} now={now} />)}</ul>}
      </section>
      {(preview || item !== null || diagnosis.findings.length > 0) && <section class="panel one" aria-label="Finding">
        {item !== null && <a class="button plain small back" {...linkTo({page: "findings"})}>‹ All findings</a>}
        {preview ? <Detail key={preview.id} finding={preview} over={item !== null && !current} now={now} props={props} onDone={onDone} />
          : item !== null ? <Quiet title="This finding is over"><span data-over>It is not among the open ones.</span></Quiet> : <Quiet title="Nothing to show" />}
      </section>}
    </div>
  );
}

export function Findings(props: PageProps) {
  const [filter, setFilter] = useState("");
  const resource = useResource<Diagnosis>(serverPath(props.server.name, "diagnosis"), props.server.name, 1000);
  const now = serverClock(resource, props.now);
  return (
    <>
      <div class="title">
        <h1>Findings</h1>
        <p>{resource.data ? plural(resource.data.findings.length, "open finding") : ""}</p>
        <div class="tools"><Filter value={filter} onValue={setFilter} label="Filter" /></div>
      </div>
      <Loaded resource={resource} lines={9}>{(data) => <><Missing diagnosis={data} /><Split diagnosis={data} now={now} filter={filter} props={props} onDone={resource.refetch} /></>}</Loaded>
    </>
  );
}
