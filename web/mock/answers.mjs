// The world as the answers of docs/http-api.md.
import {findings, lines, severities, subject} from "./findings.mjs";
import {SQL, USABLE, iso} from "./world.mjs";

export function server(world, name) {
  const sample = world.samples.at(-1);
  const broken = world.options.down === name;
  return {
    name, url: `postgresql://lockkeeper@${name === "main" ? "db" : name}.example:5432/shop`, product: broken ? null : "PostgreSQL", version: broken ? null : "15.20", complete: !broken && !world.options.incomplete,
    error: broken ? {code: "unreachable", message: "connection to db.example, port 5432 failed: Connection refused", advice: "Is the server running, and does it listen there?"} : null,
    looks: world.looks, observed_at: iso(world.now),
    sessions: {clients: sample.clients, active: sample.active, idle_in_transaction: sample.idle_in_transaction, waiting: sample.waiting}, usable_connections: sample.usable,
    findings: severities(broken ? [] : findings(world)), recorder: !world.options.unrecorded,
  };
}

export function diagnosis(world, name) {
  const broken = world.options.down === name;
  return {
    version: 1, url: "postgresql://lockkeeper@db.example:5432/shop", observed_at: iso(world.now),
    server: {product: "PostgreSQL", version: "15.20", name: "db.example:5432", database: "shop", started_at: iso(world.started - 9e8), in_recovery: false, max_connections: 100, usable_connections: USABLE},
    complete: !broken && !world.options.incomplete,
    missing: world.options.incomplete
      ? [{what: "state, times and statement of 12 sessions of other roles", why: "role app is neither superuser nor member of pg_monitor", cure: "GRANT pg_monitor TO app;", detail: false}] : [],
    sessions: server(world, name).sessions, looks: world.looks, findings: broken ? [] : findings(world), error: server(world, name).error,
  };
}

function holders(world, one) {
  if (world.ring?.includes(one)) return [{key: world.ring.find((other) => other !== one).key, prepared: false}];
  if (!world.waiters().includes(one)) return [];
  const behind = one.behind === null ? world.publisher : world.blocked[one.behind];
  return [{key: (behind ?? world.publisher).key, prepared: false}];
}

export function sessions(world) {
  return {
    observed_at: iso(world.now),
    sessions: world.open().map((one) => ({
      ...subject(one), client_id: one.pid - 20000,
      waits_for: holders(world, one).map((holder) => ({kind: "lock", target: "public.badge", mode: "ShareLock", since: iso(one.since), blocked_by: [holder]})),
    })),
  };
}

export function transactions(world) {
  const recorded = !world.options.unrecorded;
  return {
    observed_at: iso(world.now), recorded,
    transactions: world.open().map((one) => {
      const list = lines(world, one);
      const busy = list.reduce((sum, line) => sum + line.busy_ms, 0);
      return {
        key: one.key, pid: one.pid, observed_at: iso(world.now), client_id: recorded ? one.pid - 20000 : null, application: one.application, user: one.user, database: one.database, client: one.client, state: one.state,
        state_since: iso(one.since), started_at: iso(one.txStart), statements: recorded ? list.reduce((sum, line) => sum + line.count, 0) : null, dropped: recorded ? 0 : null,
        rows_written: recorded ? (one.wrote ? 1 + (one.pid % 7) : 0) : null, busy_ms: recorded ? busy : null, idle_ms: recorded ? Math.max(0, world.now - one.txStart - busy) : null,
        lines: recorded ? list : list.slice(-1), waits_for: holders(world, one),
      };
    }),
  };
}

export function waits(world) {
  const inside = [...(world.publisher && world.waiters().length > 0 ? [world.publisher, ...world.waiters()] : []), ...(world.ring ?? [])];
  const waiting = world.waiters().map((one) => one.key);
  const nodes = inside.map((one) => {
    const isRoot = one === world.publisher;
    return {
      key: one.key, pid: one.pid, title: `${one.pid} ${one.application} (${one.state})`, application: one.application, user: one.user, database: one.database, state: one.state,
      state_changed_at: iso(one.since), transaction_started_at: iso(one.txStart), statement: one.statement, root: isRoot, stuck: world.ring?.includes(one) ?? false,
      behind: isRoot ? waiting.length : null, freed: isRoot ? waiting.length : null,
    };
  });
  const edges = inside.flatMap((one) => holders(world, one).map((holder) => ({
    from: one.key, to: holder.key, kind: world.ring?.includes(one) && one === world.ring[1] ? "pool" : "lock",
    target: world.ring?.includes(one) ? (one === world.ring[1] ? "pool shop/billing" : "public.account") : one.application === "badges" ? "public.badge" : "public.orders",
    mode: "ShareLock", since: iso(one.since), queued: one.behind === 4,
  })));
  const roots = world.publisher && waiting.length > 0
    ? [{key: world.publisher.key, behind: waiting, freed: waiting, longest_wait_ms: world.now - world.blocked[0].since}] : [];
  return {observed_at: iso(world.now), nodes, edges, roots, rings: world.ring ? [world.ring.map((one) => one.key)] : []};
}

export function pools(world) {
  const sample = world.samples.at(-1);
  const leaked = world.webhooks.length;
  const inUse = Math.min(80, leaked + sample.active + 2);
  return {
    observed_at: iso(world.now),
    pools: world.options.unrecorded ? [] : [
      {kind: "recorder", name: "shop/app", database: "shop", user: "app", mode: "session", maximum_size: 80, in_use: inUse, idle: Math.max(0, Math.min(9, 80 - inUse)), connecting: 0,
        waiting: sample.queued, oldest_wait_ms: sample.queued > 0 ? 4200 + sample.queued * 900 : null, oldest_lease_ms: leaked > 0 ? world.now - world.webhooks[0].txStart : 380,
        queue_timeouts: leaked >= 70 ? 14 : 0, queue_timeout_ms: 30000},
      {kind: "recorder", name: "shop/billing", database: "shop", user: "billing", mode: "transaction", maximum_size: 10, in_use: world.ring ? 2 : 1, idle: 3, connecting: 0, waiting: 0,
        oldest_wait_ms: null, oldest_lease_ms: 22, queue_timeouts: 0, queue_timeout_ms: 30000},
    ],
  };
}

function histogram(median, spread, total) {
  const buckets = [];
  for (let power = 0; power < 32; power++) {
    const distance = (power - Math.log2(median)) / spread;
    const completed = Math.round(total * Math.exp(-distance * distance / 2) / (spread * 2.5));
    buckets.push({up_to_ms: 2 ** power, completed});
  }
  return buckets;
}

export function shapes(world) {
  const base = {user: "app", database: "shop", needed: 30, frozen: false, p_slow: null, p_immortal: null, shift: null};
  const open = (list) => list.map((one) => ({key: one.key, age_ms: world.now - one.since}));
  const oldest = world.webhooks.length > 0 ? world.now - world.webhooks[0].since : 0;
  const leaked = oldest > 45_000;
  const list = [
    {...base, application: "webhook", statement: SQL.webhook, verdict: leaked ? "leaked" : world.webhooks.length > 0 ? "slow" : "normal", completed: 4120, median_ms: 12, p90_ms: 61, longest_ms: 1420, tau_ms: 5000,
      frozen: leaked, p_slow: leaked ? 1e-9 : 0.04, p_immortal: leaked ? 3e-7 : 0.2, shift: leaked ? 410 : 3.1, open: open(world.webhooks), buckets: histogram(12, 1.6, 4120)},
    {...base, application: "publisher", statement: SQL.followers, verdict: "slow", completed: 212, median_ms: 380, p90_ms: 910, longest_ms: 2600, tau_ms: 5000, p_slow: 0.002, p_immortal: 0.61, shift: 5.2,
      open: world.publisher ? open([world.publisher]) : [], buckets: histogram(380, 1.1, 212)},
    {...base, application: "shop", statement: SQL.order, verdict: "normal", completed: 48_211, median_ms: 3, p90_ms: 14, longest_ms: 890, tau_ms: 5000, p_slow: 0.7, p_immortal: 0.9, shift: 1,
      open: open(world.healthy.filter((one) => one.state !== "active")), buckets: histogram(3, 1.4, 48_211)},
    {...base, application: "import", statement: SQL.report, verdict: "learning", completed: 11, median_ms: null, p90_ms: null, longest_ms: 64_000, tau_ms: null, open: [], buckets: histogram(9000, 1.5, 11)},
  ];
  return {observed_at: iso(world.now), shapes: list.map((one, index) => ({id: `5ba9e${index}`.padEnd(16, "0"), ...one}))};
}

/** A day and a half in which, half a day ago, 40 sessions slept for an hour. */
export function history(server, from, to) {
  const step = to - from > 86_400_000 ? 1_800_000 : 300_000;
  const kept = to - 129_600_000;
  const periods = [];
  for (let at = Math.ceil(Math.max(from, kept) / step) * step; at < to; at += step) {
    const ago = to - at;
    const asleep = ago > 43_200_000 && ago < 46_800_000 ? 40 : 2;
    const counts = {clients: 20 + asleep, active: 4, idle: 16, idle_in_transaction: asleep, aborted: 0, waiting: 0, queued: 0, usable: 97};
    periods.push({at: iso(at), samples: step / 1000, mean: counts, maximum: counts});
  }
  return {
    version: 1, from: iso(from), to: iso(to), step_ms: step, oldest: iso(kept), newest: iso(to), connections: [{server, periods}], findings: [], actions: [], transactions: [],
    left_out: {connections: false, findings: false, actions: false, transactions: false}, error: null,
  };
}

/** The answer to a kill, or {status, error}. */
export function kill(world, wanted) {
  const found = wanted.finding ? findings(world).find((one) => one.id === wanted.finding) : null;
  const session = wanted.session ? world.find(wanted.session) : null;
  const base = {
    version: 1, url: "postgresql://lockkeeper@db.example:5432/shop", observed_at: iso(world.now), server: null, action: wanted.action, dry_run: wanted.dry_run !== false, finding: found ?? null, targets: [], released: [],
    went_on: [], still_waiting: [], audit: null, error: null,
  };
  if (!found && !session) {
    return {status: 200, body: {...base, error: {code: wanted.finding ? "no_such_finding" : "no_such_session", message: "it is not there any more", advice: "look again"}}};
  }
  const targets = found ? (found.rule === "pool-deadlock" ? [world.ring[0]] : found.subjects.map((one) => world.find(`${one.pid}@${one.started_at}`)).filter(Boolean)) : [session];
  const released = world.publisher && targets.includes(world.publisher) ? world.waiters().map((one) => ({pid: one.pid, started_at: iso(one.startedAt)})) : [];
  if (wanted.dry_run !== false) {
    return {status: 200, body: {...base, released, targets: targets.map((one) => ({session: subject(one), outcome: wanted.action === "cancel" ? "would_cancel" : "would_terminate", reason: ""}))}};
  }
  if (!world.options.actions) return {status: 403, body: {error: {code: "forbidden", message: "Acting is switched off.", advice: "Set actions = true in [http]."}}};
  // Who came since is left alone.
  const confirmed = new Set((wanted.confirm ?? []).map((one) => one.session));
  const agreed = targets.filter((one) => confirmed.has(`${one.pid}@${iso(one.startedAt)}`));
  if (agreed.length === 0) {
    return {status: 409, body: {error: {code: "moved_on", message: "None of the targets is as it was.", advice: "Look at the dry run again."}}};
  }
  const ended = agreed.map((one) => ({session: subject(one), outcome: wanted.action === "cancel" ? "cancelled" : "terminated", reason: ""}));
  world.end(agreed, wanted.action, "http", Date.now(), found);
  return {status: 200, body: {...base, dry_run: false, targets: ended, released, went_on: released, audit: "/var/lib/lockkeeper/audit.jsonl"}};
}

export {findings, severities};
