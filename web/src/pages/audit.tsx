import {useState} from "preact/hooks";
import type {PageProps} from "../app";
import {useResource} from "../api/resource";
import type {AuditEntry} from "../api/types";
import {orders, type Action, type Order} from "../lib/audit";
import {useListKeys} from "../lib/keys";
import {absolute, clock} from "../lib/time";
import {count, matches, plural} from "../lib/words";
import {Age, Filter, Loaded, Quiet, Sql} from "../parts/bits";

const LIMIT = 1000;
const GOOD = new Set(["terminated", "cancelled"]);

function tone(outcome: string): string {
  if (GOOD.has(outcome)) return "accent";
  return outcome === "skipped" || outcome.startsWith("would_") ? "" : outcome === "denied" || outcome === "unreadable" ? "critical" : "warning";
}

function Outcome({outcome, number}: {outcome: string; number?: number}) {
  const words = outcome === "intended" ? "no outcome" : outcome.replace(/_/g, " ");
  return <span class={`tag ${tone(outcome)}`} title={outcome === "intended" ? "The program ended between the intent and the outcome: look at the server" : undefined}>{number && number > 1 ? `${count(number)} ` : ""}{words}</span>;
}

function Targets({actions}: {actions: Action[]}) {
  return (
    <div class="scroll-x">
      <table class="targets-table">
        <thead><tr><th>Session</th><th>State</th><th>Wrote</th><th>Statement</th><th>Outcome</th></tr></thead>
        <tbody>
          {actions.map((action, index) => (
            <tr key={index}>
              <td title={action.entry.session}>{action.entry.session?.split("@")[0] ?? "–"}</td>
              <td>{action.entry.state ?? "–"}</td>
              <td>{action.entry.wrote === true ? "yes" : action.entry.wrote === false ? "no" : "–"}</td>
              <td><Sql text={action.entry.statement ?? action.entry.unreadable ?? ""} /></td>
              <td><Outcome outcome={action.outcome} />{action.entry.reason && <div class="dim">{action.entry.reason}</div>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function what(order: Order): string {
  const entry = order.actions[0]?.entry;
  if (!entry || entry.unreadable !== undefined) return "A line that cannot be read";
  const {action = "acted on", application = "", session = ""} = entry;
  const verb = `${action.slice(0, 1).toUpperCase()}${action.slice(1)}`;
  return order.actions.length > 1 ? `${verb} ${plural(order.actions.length, "session")} of ${application || "unnamed"}` : `${verb} ${session.split("@")[0]} ${application}`;
}

function Item({order, open, marked, now, onToggle}: {order: Order; open: boolean; marked: boolean; now: number; onToggle: () => void}) {
  const entry = order.actions[0]?.entry;
  return (
    <li class={marked ? "marked" : undefined} data-key={order.key}>
      <button type="button" aria-expanded={open} onClick={onToggle}>
        <span class="when" title={order.at === null ? undefined : absolute(order.at)}>{order.at === null ? "–" : clock(order.at)}<span class="dim"><Age at={order.at} now={now} suffix=" ago" /></span></span>
        <span class="which"><strong>{what(order)}</strong><span class="dim">{entry?.why ?? (entry?.unreadable !== undefined ? entry.unreadable : "by hand, for no finding")}</span></span>
        <span class="whom">{entry?.actor ?? "–"}<span class="dim">{entry?.role ? `as ${entry.role} ` : ""}{entry?.server ? `on ${entry.server}` : ""}</span></span>
        <span class="outcomes">{order.outcomes.map(([outcome, number]) => <Outcome key={outcome} outcome={outcome} number={number} />)}</span>
      </button>
      {open && <Targets actions={order.actions} />}
    </li>
  );
}

function List({entries, filter, now}: {entries: AuditEntry[]; filter: string; now: number}) {
  const [opened, setOpened] = useState<Set<string>>(new Set());
  const shown = orders(entries.filter((one) => matches(filter, one.actor, one.role, one.server, one.application, one.user, one.session, one.why, one.finding, one.outcome, one.action)));
  const toggle = (key: string): void => setOpened((old) => {
    const next = new Set(old);
    if (!next.delete(key)) next.add(key);
    return next;
  });
  const [marked] = useListKeys(shown.map((one) => one.key), toggle);
  if (entries.length === 0) return <section class="panel"><Quiet title="Nothing has been done yet">Every kill, by hand or by a policy, is written down here before it happens and after.</Quiet></section>;
  if (shown.length === 0) return <section class="panel"><Quiet title="None matches the filter" /></section>;
  return (
    <section class="panel audit">
      <ul>{shown.map((order) => <Item key={order.key} order={order} open={opened.has(order.key)} marked={marked === order.key} now={now} onToggle={() => toggle(order.key)} />)}</ul>
      {entries.length >= LIMIT && <p class="dim more">The newest {count(LIMIT)} lines. All are in the audit file.</p>}
    </section>
  );
}

export function Audit(props: PageProps) {
  const [filter, setFilter] = useState("");
  const resource = useResource<{entries: AuditEntry[]}>(`/api/v1/audit?limit=${LIMIT}`, null, 3000);
  return (
    <>
      <div class="title">
        <h1>Audit</h1>
        <p>What was done to sessions, by whom, why, and how it ended. Of all servers.</p>
        <div class="tools"><Filter value={filter} onValue={setFilter} label="Filter" /></div>
      </div>
      <Loaded resource={resource} lines={6}>{(data) => <List entries={data.entries} filter={filter} now={props.now} />}</Loaded>
    </>
  );
}
