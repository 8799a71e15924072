import {useMemo, useRef, useState} from "preact/hooks";
import type {PageProps} from "../app";
import {serverPath} from "../api/client";
import {serverClock, useResource} from "../api/resource";
import type {Transaction, Transactions as Answer} from "../api/types";
import {useListKeys} from "../lib/keys";
import {aligned, ordered, silence, type Order} from "../lib/lanes";
import {go, linkTo} from "../lib/router";
import {age, duration, parseTime} from "../lib/time";
import {count, keyTitle, matches, plural} from "../lib/words";
import {Act} from "../parts/act";
import {Age, Bones, Failure, Filter, Quiet, State} from "../parts/bits";
import {Lanes} from "../parts/lanes";
import {Statements} from "../parts/statements";

const ORDERS: [Order, string][] = [["matters", "blockers first"], ["age", "oldest first"], ["silence", "silent longest first"], ["rows", "most rows written first"]];
const SPANS: [number, string][] = [[0, "fitting"], [10_000, "10 s"], [60_000, "1 min"], [300_000, "5 min"], [1_800_000, "30 min"], [21_600_000, "6 h"]];

const STEP = 1.2;

/** As far back as most begin, in steps, so that the axis stands still; one that is days old must not squeeze all others into a point. */
function fitting(transactions: Transaction[], now: number): number {
  const starts = transactions.flatMap((one) => one.started_at ?? []).sort();
  const ageOf = (start: string | undefined): number => now - (parseTime(start) ?? now);
  const oldest = ageOf(starts[0]);
  const usual = ageOf(starts[Math.floor(starts.length * 0.25)]);
  const wanted = Math.max(5000, Math.min(oldest * 1.02, Math.max(usual * 8, 60_000)));
  return 5000 * STEP ** Math.ceil(Math.log(wanted / 5000) / Math.log(STEP));
}

function Share({busy, idle}: {busy: number; idle: number}) {
  const whole = Math.max(1, busy + idle);
  return (
    <div class="share">
      <div class="meter" role="img" aria-label={`${Math.round((busy / whole) * 100)} % in the database`}><i class="in-use" style={{width: `${(busy / whole) * 100}%`}} /></div>
      <span class="dim">{duration(busy)} in the database, {duration(idle)} outside</span>
    </div>
  );
}

function Links({keys}: {keys: string[]}) {
  const shown = keys.slice(0, 12);
  return <>{shown.map((key, index) => <span key={key}>{index > 0 && ", "}<a {...linkTo({page: "transactions", item: key})}>{keyTitle(key)}</a></span>)}{keys.length > shown.length && ` and ${keys.length - shown.length} more`}</>;
}

function Facts({transaction, behind, now: common}: {transaction: Transaction; behind: string[]; now: number}) {
  const now = common - (transaction.shift_ms ?? 0);
  return (
    <dl class="facts">
      <dt>State</dt><dd><State state={transaction.state} /> for <Age at={parseTime(transaction.state_since)} now={now} /></dd>
      <dt>Open for</dt><dd><Age at={parseTime(transaction.started_at)} now={now} /></dd>
      <dt>Who</dt><dd>{transaction.user} on {transaction.database}{transaction.client && <>, from {transaction.client}</>}</dd>
      <dt>Ran</dt><dd>{transaction.statements === null ? "not recorded" : plural(transaction.statements, "statement")}, wrote {transaction.rows_written === null ? "an unknown number of rows" : plural(transaction.rows_written, "row")}</dd>
      {transaction.waits_for.length > 0 && <><dt>Waits for</dt><dd><Links keys={transaction.waits_for.map((one) => one.key)} /></dd></>}
      {behind.length > 0 && <><dt>Behind it</dt><dd><strong>{behind.length}</strong> waiting: <Links keys={behind} /></dd></>}
    </dl>
  );
}

function Detail({transaction, behind, now, over, recorded, props}: {transaction: Transaction; behind: string[]; now: number; over: boolean; recorded: boolean; props: PageProps}) {
  const silent = over ? 0 : silence(transaction, now);
  return (
    <section class="panel detail" aria-label="Transaction">
      <header>
        <h2>{keyTitle(transaction.key)} {transaction.application}</h2>
        <a class="button plain small end" {...linkTo({page: "transactions"})} aria-label="Close">Close <kbd>Esc</kbd></a>
      </header>
      <div class="body">
        {over && <p class="note">It is over. This is how it was seen last.</p>}
        {silent >= 5000 && <p class="lead">Nothing has run for <strong>{age(silent)}</strong>.</p>}
        <Facts transaction={transaction} behind={behind} now={now} />
        {transaction.busy_ms !== null && transaction.idle_ms !== null && <Share busy={transaction.busy_ms} idle={transaction.idle_ms} />}
        <h3>{recorded ? "What it ran" : "What is known of what it ran"}</h3>
        {transaction.lines.length > 0 ? <Statements lines={transaction.lines} silentMs={over || !transaction.state.startsWith("idle") ? null : silent} /> : <p class="dim">Nothing was seen.</p>}
        {!recorded && <p class="dim">Without the recorder the server tells its last statement alone.</p>}
        {transaction.pid !== null && !over && <Act status={props.status} server={props.server.name} target={{session: transaction.key}} action="terminate" />}
      </div>
    </section>
  );
}

function summary(transactions: Transaction[]): string {
  const waiting = transactions.filter((one) => one.waits_for.length > 0).length;
  const silent = transactions.filter((one) => one.state.startsWith("idle in transaction")).length;
  return `${plural(transactions.length, "open transaction")}: ${count(silent)} run nothing, ${count(waiting)} wait`;
}

const LINES_OF_A_LANE = 24;

export function Transactions(props: PageProps) {
  const {server, place} = props;
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState<Order>("matters");
  const [span, setSpan] = useState(0);
  // Of thousands only what a lane can show; of the one that is opened, all of it.
  const resource = useResource<Answer>(`${serverPath(server.name, "transactions")}?lines=${LINES_OF_A_LANE}`, server.name, 1000);
  const whole = useResource<Answer>(place.item === null ? null : `${serverPath(server.name, "transactions")}?key=${encodeURIComponent(place.item)}`, server.name, 1000);
  const now = serverClock(resource, props.now);
  const all = useMemo(() => (resource.data ? aligned(resource.data) : []), [resource.data]);
  const shown = useMemo(
    () => ordered(all.filter((one) => matches(filter, one.key, one.application, one.user, one.database, one.state, one.lines.at(-1)?.text)), order, resource.observedAt), [resource.data, filter, order],
  );
  const open = (key: string): void => go({page: "transactions", item: key});
  const [marked] = useListKeys(shown.map((one) => one.key), open, place.item);
  const seen = useRef<Transaction | null>(null);
  const current = (whole.data ? aligned(whole.data) : []).find((one) => one.key === place.item) ?? all.find((one) => one.key === place.item) ?? null;
  if (current) seen.current = current;
  const chosen = current ?? (seen.current?.key === place.item ? seen.current : null);
  const fit = useMemo(() => fitting(shown, resource.observedAt), [shown]);
  const spanMs = span || fit;
  return (
    <>
      <div class="title">
        <h1>Transactions</h1>
        <p>{resource.data ? summary(all) : ""}</p>
        <div class="tools">
          <select class="field" aria-label="Order" value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>{ORDERS.map(([value, name]) => <option key={value} value={value}>{name}</option>)}</select>
          <select class="field" aria-label="Time shown" value={span} onChange={(event) => setSpan(Number(event.currentTarget.value))}>{SPANS.map(([value, name]) => <option key={value} value={value}>{name}</option>)}</select>
          <Filter value={filter} onValue={setFilter} label="Filter" />
        </div>
      </div>
      <div class={`split ${place.item !== null ? "open" : ""}`}>
        <section class="panel lanes-panel">
          {!resource.data ? (resource.failure ? <Failure failure={resource.failure} retry={resource.refetch} /> : <Bones lines={9} />)
            : shown.length === 0 ? <Quiet title={all.length === 0 ? "No transaction is open" : "None matches the filter"} />
            : <Lanes transactions={shown} now={now} spanMs={spanMs} selected={place.item} marked={marked} nested={order === "matters"} onOpen={open} />}
          <ul class="legend" aria-label="Legend">
            <li><i class="swatch active" />statement</li><li><i class="swatch folded" />runs of one</li><li><i class="swatch blocked" />waits for a lock</li>
            <li>{resource.data?.recorded === false ? <><i class="swatch unknown" />not known</> : <><i class="swatch hatched" />gap</>}</li><li><i class="swatch hatched silent" />nothing since</li>
          </ul>
        </section>
        {place.item !== null && (chosen
          ? <Detail transaction={chosen} behind={all.filter((one) => one.waits_for.some((holder) => holder.key === chosen.key)).map((one) => one.key)} now={now} over={!current} recorded={resource.data?.recorded ?? true} props={props} />
          : resource.data && <section class="panel detail"><Quiet title="This transaction is over"><a class="button" {...linkTo({page: "transactions"})}>Back to those that are open</a></Quiet></section>)}
      </div>
    </>
  );
}
