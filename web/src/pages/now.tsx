import {useState} from "preact/hooks";
import type {PageProps} from "../app";
import {serverPath} from "../api/client";
import {useLost} from "../api/live";
import {serverClock, useResource, type Resource} from "../api/resource";
import {usePast} from "../api/past";
import {useSamples} from "../api/samples";
import type {AuditEntry, Diagnosis, Pool, Pools, Sample, Status, Waits} from "../api/types";
import {orders} from "../lib/audit";
import {waiters} from "../lib/forest";
import {useListKeys} from "../lib/keys";
import {go, linkTo} from "../lib/router";
import {growth} from "../lib/stack";
import {duration, parseTime} from "../lib/time";
import {headline} from "../lib/verdict";
import {count, plural} from "../lib/words";
import {Age, Bones, Loaded, Mark, Quiet} from "../parts/bits";
import {Chart, type Event} from "../parts/chart";

const SPANS: [string, number][] = [["5 min", 300_000], ["15 min", 900_000], ["1 h", 3_600_000]];
const PAST_SPANS: [string, number][] = [["24 h", 86_400_000], ["7 d", 604_800_000]];
const LIVE_MS = 3_600_000;

interface Tile {
  tone: string;
  name: string;
  value: number | null | undefined;
  of?: number | null | undefined;
  alarm?: boolean;
}

function tiles(sample: Sample): Tile[] {
  return [
    {tone: "usable", name: "connections", value: sample.clients, of: sample.usable, alarm: sample.usable !== null && sample.clients >= sample.usable * 0.9},
    {tone: "idle", name: "idle", value: sample.idle},
    {tone: "active", name: "active", value: sample.active},
    {tone: "sleeping", name: "idle in transaction", value: sample.idle_in_transaction},
    {tone: "aborted", name: "aborted", value: sample.aborted},
    {tone: "waiting", name: "wait for a lock", value: sample.waiting},
    {tone: "queued", name: "queue for a pool", value: sample.queued},
  ];
}

/** Numbers, and at once the graph's legend. */
function Tiles({sample}: {sample: Sample | null}) {
  if (!sample) return <div class="tiles panel"><Bones lines={2} /></div>;
  return (
    <dl class="tiles panel">
      {tiles(sample).map((tile) => (
        <div key={tile.name} class={tile.alarm ? "alarm" : undefined} data-tile={tile.tone}>
          <dt><i class={`swatch ${tile.tone}`} aria-hidden="true" />{tile.name}</dt>
          <dd>{count(tile.value)}{tile.of !== undefined && tile.of !== null && <small> of {count(tile.of)}</small>}</dd>
        </div>
      ))}
    </dl>
  );
}

function absence(diagnosis: Diagnosis): string {
  if (diagnosis.error) return "Nothing is known of it while it cannot be observed.";
  return diagnosis.complete ? "Every rule was asked, and everything was seen." : "But not everything could be seen.";
}

function OpenFindings({diagnosis, now}: {diagnosis: Diagnosis; now: number}) {
  const {findings} = diagnosis;
  const [marked] = useListKeys(findings.map((one) => one.id), (id) => go({page: "findings", item: id}));
  if (findings.length === 0) return <Quiet title="No open findings">{absence(diagnosis)}</Quiet>;
  return (
    <ul class="rows">
      {findings.map((one) => (
        <li key={one.id}>
          <a {...linkTo({page: "findings", item: one.id})} class={`finding-row ${marked === one.id ? "marked" : ""}`} data-finding={one.id}>
            <Mark tone={one.severity} />
            <span>
              <span class="name">{one.title}</span>
              <span class="dim">{one.rule}, for <Age at={parseTime(one.first_seen)} now={now} /></span>
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function PoolRow({pool}: {pool: Pool}) {
  const size = Math.max(1, pool.maximum_size ?? pool.in_use + pool.idle, pool.in_use + pool.idle + pool.connecting);
  const share = (value: number): string => `${(value / size) * 100}%`;
  const full = pool.maximum_size !== null && pool.in_use >= pool.maximum_size;
  const near = pool.queue_timeout_ms ? (pool.oldest_wait_ms ?? 0) / pool.queue_timeout_ms : 0;
  return (
    <li class="pool">
      <div class="line">
        <strong>{pool.name}</strong><span class="dim">{pool.mode}</span>
        <span class="end">{count(pool.in_use)} of {pool.maximum_size === null ? "any number" : count(pool.maximum_size)} in use{pool.idle > 0 ? `, ${count(pool.idle)} idle` : ""}</span>
      </div>
      <div class={`meter ${full ? "full" : ""}`} role="img" aria-label={`${pool.in_use} in use, ${pool.idle} idle, ${pool.connecting} connecting, of ${size}`}>
        <i class="in-use" style={{width: share(pool.in_use)}} /><i class="idle" style={{width: share(pool.idle)}} /><i class="connecting" style={{width: share(pool.connecting)}} />
      </div>
      <div class="line dim">
        {pool.waiting > 0
          ? <span class={near > 0.5 ? "alarm" : "queue"}>{plural(pool.waiting, "client waits", "clients wait")}, the longest for {duration(pool.oldest_wait_ms)}{pool.queue_timeout_ms ? ` of ${duration(pool.queue_timeout_ms)}` : ""}</span>
          : <span>Nobody waits</span>}
        <span class="end">{(pool.queue_timeouts ?? 0) > 0 && <span class="alarm">{plural(pool.queue_timeouts ?? 0, "timeout")}</span>} oldest lease {duration(pool.oldest_lease_ms)}</span>
      </div>
    </li>
  );
}

function WhoWaits({waits, now}: {waits: Waits; now: number}) {
  const nodes = new Map(waits.nodes.map((node) => [node.key, node]));
  const edges = waiters(waits.edges);
  const most = 6;
  if (edges.length === 0) return <Quiet title="Nobody waits for a lock" />;
  return (
    <ul class="rows waiters">
      {edges.slice(0, most).map((edge) => (
        <li key={`${edge.from} ${edge.to}`}>
          <a {...linkTo({page: "waits", item: edge.from})}>
            <span class="name">{nodes.get(edge.from)?.title ?? edge.from}</span>
            <span class="dim">for {edge.target}, {edge.queued ? "behind" : "held by"} {nodes.get(edge.to)?.title ?? edge.to}</span>
            <span class="number"><Age at={parseTime(edge.since)} now={now} /></span>
          </a>
        </li>
      ))}
      {edges.length > most && <li><a class="more" {...linkTo({page: "waits"})}>and {count(edges.length - most)} more</a></li>}
    </ul>
  );
}

function audited(resource: Resource<{entries: AuditEntry[]}>): Event[] {
  return orders(resource.data?.entries ?? []).flatMap((order) => {
    const done = order.outcomes.find(([outcome]) => outcome === "terminated" || outcome === "cancelled");
    return order.at === null || !done ? [] : [{at: order.at, label: `${count(done[1])} ${done[0]}`}];
  }).reverse();
}

function PoolsPanel({pools, recorder}: {pools: Resource<Pools>; recorder: boolean}) {
  return (
    <section class="panel">
      <header><h2>Pools</h2></header>
      <Loaded resource={pools}>
        {(data) => data.pools.length > 0
          ? <ul class="pools">{data.pools.map((pool) => <PoolRow key={`${pool.name} ${pool.database} ${pool.user}`} pool={pool} />)}</ul>
          : <Quiet title="No pool is seen">{recorder ? "Nobody has connected through the recorder yet." : "Pools are seen where the recorder stands before the server."}</Quiet>}
      </Loaded>
    </section>
  );
}

/** Live up to an hour, and what the history keeps beyond. */
function Graph({status, server, samples, failed, now, events}: {status: Status; server: string; samples: Sample[] | null; failed: boolean; now: number; events: Event[]}) {
  const [span, setSpan] = useState(300_000);
  const past = usePast(server, span > LIVE_MS ? span : null);
  const shown = span > LIVE_MS ? past.samples : samples;
  const absent = span > LIVE_MS ? past.failed : failed ? "The last hour could not be had" : null;
  const end = span > LIVE_MS ? past.until : parseTime(samples?.at(-1)?.at) ?? now;
  return (
    <section class="panel graph">
      <header>
        <h2>Connections by state</h2>
        <span class="end segments" role="group" aria-label="Time shown">
          {[...SPANS, ...(status.history ? PAST_SPANS : [])].map(([name, ms]) => <button key={name} type="button" aria-pressed={span === ms} onClick={() => setSpan(ms)}>{name}</button>)}
        </span>
      </header>
      {shown && shown.length > 0
        ? <Chart samples={shown} spanMs={span} now={end} events={events} {...(span > LIVE_MS ? {breakMs: past.breakMs, past: true} : {})} />
        : absent ? <Quiet title={absent}>It is asked for again.</Quiet>
        : !shown ? <Bones lines={6} />
        : span > LIVE_MS ? <Quiet title="Nothing is kept of that time">The history has no look at this server in it.</Quiet>
        : <Quiet title="No sample yet">One comes with each look.</Quiet>}
    </section>
  );
}

export function Now({status, server, now}: PageProps) {
  const {samples, failed} = useSamples(server.name);
  const diagnosis = useResource<Diagnosis>(serverPath(server.name, "diagnosis"), server.name, 1500);
  const pools = useResource<Pools>(serverPath(server.name, "pools"), server.name, 1500);
  const waits = useResource<Waits>(serverPath(server.name, "waits"), server.name, 1500);
  const audit = useResource<{entries: AuditEntry[]}>("/api/v1/audit?limit=300", server.name, 3000);
  const last = samples?.at(-1) ?? null;
  const lost = useLost(now);
  const verdict = headline(server, diagnosis.data?.findings ?? null, last, samples ? growth(samples, "idle_in_transaction") : null, lost);
  const worst = diagnosis.data?.findings[0];
  return (
    <div class="now">
      <section class={`headline ${verdict.tone}`} aria-live="polite">
        <Mark tone={verdict.tone} size={24} />
        <div>
          <h1>{worst && !server.error && !lost ? <a {...linkTo({page: "findings", item: worst.id})}>{verdict.title}</a> : verdict.title}</h1>
          <p>{verdict.detail}</p>
        </div>
      </section>
      <Tiles sample={last} />
      <Graph status={status} server={server.name} samples={samples} failed={failed} now={now} events={audited(audit)} />
      <section class="panel open-findings">
        <header><h2>Open findings</h2>{diagnosis.data && <span class="dim">{diagnosis.data.findings.length}</span>}</header>
        <Loaded resource={diagnosis} lines={6}>{(data) => <OpenFindings diagnosis={data} now={serverClock(diagnosis, now)} />}</Loaded>
      </section>
      <PoolsPanel pools={pools} recorder={server.recorder} />
      <section class="panel">
        <header><h2>Who waits</h2>{waits.data && waits.data.edges.length > 0 && <a class="end" {...linkTo({page: "waits"})}>The graph</a>}</header>
        <Loaded resource={waits}>{(data) => <WhoWaits waits={data} now={serverClock(waits, now)} />}</Loaded>
      </section>
    </div>
  );
}
