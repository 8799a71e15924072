// What the rules would say about the world: the objects of docs/api.md.
import {SQL, USABLE, iso} from "./world.mjs";

export function subject(one) {
  return {
    pid: one.pid, started_at: iso(one.startedAt), application: one.application, user: one.user, database: one.database, client: one.client, superuser: false, state: one.state,
    state_changed_at: iso(one.since), transaction_started_at: iso(one.txStart), wrote: one.wrote, rows_modified: null, rows_locked: null, tables_locked: null,
    wait_event: one.state === "active" ? "Lock: transactionid" : "Client: ClientRead",
    statement: {text: one.statement, fingerprint: "eaf6aad425afcd1b", kind: one.kind, truncated: false, server_id: null},
    locks: [{kind: "relation", target: one.wrote ? "public.orders" : "public.instagram_product", mode: one.wrote ? "RowExclusiveLock" : "AccessShareLock", count: 1}],
  };
}

function line(text, fields) {
  return {
    text, kind: text.split(" ")[0].toLowerCase(), count: 1, same_parameters: true, rows: 1, started_at: null, busy_ms: 1, gap_before_ms: 0, longest_gap_ms: 0, error: "", dropped: 0,
    running: false, ...fields,
  };
}

/** What a transaction has run, in order. */
export function lines(world, one) {
  const at = (ms) => iso(one.txStart + ms);
  if (one.application === "webhook") return [line("BEGIN (implicit)", {started_at: at(0), rows: 0}), line(SQL.webhook, {started_at: at(2), busy_ms: 4, gap_before_ms: 1})];
  if (one.application === "publisher") {
    const pages = Math.floor((one.since - one.txStart - 700) / 660);
    return [
      line("BEGIN", {started_at: at(0), rows: 0}), line(SQL.post, {started_at: at(4), busy_ms: 6, gap_before_ms: 3}), line(SQL.badge, {started_at: at(14), busy_ms: 3, gap_before_ms: 4}),
      line(SQL.followers, {same_parameters: false, started_at: at(700), count: pages, rows: pages * 50, busy_ms: pages * 3, gap_before_ms: 683, longest_gap_ms: 1997}),
    ];
  }
  if (one.member) {
    const life = Math.max(30, one.since - one.txStart);
    const part = life / 10;
    return Array.from({length: 5}, (_, i) => line([SQL.stock, SQL.order, SQL.badge][i % 3], {
      started_at: at(i * 2 * part), busy_ms: Math.round(part * (0.4 + ((one.pid * (i + 3)) % 10) / 10)), gap_before_ms: i === 0 ? 0 : Math.round(part * 0.8), count: i === 2 ? 40 : 1,
      longest_gap_ms: i === 2 ? Math.round(part / 9) : 0, rows: (one.pid * i) % 300, running: i === 4 && one.state === "active",
    }));
  }
  const running = one.state === "active";
  const begun = Math.max(2, one.since - one.txStart - 1);
  return [
    line("BEGIN", {started_at: at(0), rows: 0}),
    line(one.application === "refunds" ? "SELECT id, balance FROM account WHERE id = ? FOR UPDATE" : SQL.stock, {started_at: at(1), busy_ms: Math.max(1, Math.floor(begun / 3)), gap_before_ms: 0}),
    line(one.statement, {started_at: at(begun), busy_ms: running ? world.now - one.since : 3, gap_before_ms: Math.floor(begun / 2), rows: running ? 0 : 1, running}),
  ];
}

function remedy(id, predicted, action = "terminate") {
  return {action, command: `lockkeeper kill postgresql://lockkeeper@db.example:5432/shop --finding ${id} --yes`, predicted};
}

function idle(world) {
  const list = world.webhooks;
  const id = "idle-transaction-3a1e32e7";
  const oldest = world.now - list[0].since;
  const seconds = Math.round(oldest / 1000);
  const leaked = oldest > 45_000;
  return {
    id, rule: leaked ? "leaked-transaction" : "idle-transaction", severity: list.length > 40 ? "critical" : "warning", confidence: "certain",
    title: leaked
      ? `${list.length} transactions of application "webhook" (user app, database shop) will not come back: the oldest has been idle for ${seconds} s`
      : `${list.length} transaction${list.length > 1 ? "s" : ""} of application "webhook" (user app, database shop) ${list.length > 1 ? "are" : "is"} idle, the oldest for ${seconds} s`,
    count: list.length, subjects: list.map(subject),
    evidence: {
      last_statement: SQL.webhook, oldest_idle_ms: oldest, newest_idle_ms: world.now - list.at(-1).since, oldest_transaction_ms: world.now - list[0].txStart, wrote: false,
      sessions_that_wrote: 0, locks: ["AccessShareLock on public.instagram_product"], horizon_age: 1204, growth_per_minute: 60 * world.options.speed,
      limit_reached_at: iso(world.now + (USABLE - list.length) * 1000), blocks: 0, blocked: [], connections_used: list.length + 14, connections_usable: USABLE,
      client_socket: "open", statements: lines(world, list[0]),
    },
    explanation: "Each has an open transaction and runs nothing: the server waits for the client's next statement. Nothing was written. New ones come at 60 a minute and none ends; at that rate no connection is left in half a minute. While they are open, vacuum cannot remove the rows deleted or replaced since.",
    likely_mistake: "A request's session was handed to background work. The request's own clean-up had closed it already; the work's SELECT took a connection again and opened a transaction that nobody will end.",
    fix: "Give background work a session of its own, in a block that ends it on every path: with SessionLocal() as db: … Never hand it the request's. As a safety net: ALTER ROLE app SET idle_in_transaction_session_timeout = '5min';",
    remedies: [remedy(id, `${list.length} connections freed; nothing was written, so nothing is rolled back`)],
    first_seen: iso(list[0].txStart + 10_000), last_seen: iso(world.now),
  };
}

function root(world) {
  const id = "root-blocker-5b20c4d1";
  const one = world.publisher;
  const waiters = world.waiters();
  const tree = [{depth: 0, pid: one.pid, who: `${one.pid} publisher (idle in transaction)`, waits_for: "", waiting_ms: null, more: 0}];
  waiters.forEach((waiter, index) => {
    tree.push({
      depth: waiter.behind === null ? 1 : 2, pid: waiter.pid, who: `${waiter.pid} ${waiter.application} (active)`,
      waits_for: index < 4 ? "ShareLock on transaction 726 (a row of public.badge)" : "ShareLock on transaction 726 (a row of public.orders)", waiting_ms: world.now - waiter.since, more: 0,
    });
  });
  return {
    id, rule: "root-blocker", severity: "critical", confidence: "certain",
    title: `${one.pid} publisher (idle in transaction) blocks ${waiters.length} sessions, the longest for ${Math.round((world.now - waiters[0].since) / 1000)} s`,
    count: 1, subjects: [subject(one)],
    evidence: {
      waiters: waiters.length, longest_wait_ms: world.now - waiters[0].since, released: waiters.map((waiter) => waiter.pid), wait_tree: tree, statements: lines(world, one),
      transaction_age_ms: world.now - one.txStart, share_outside_database: 0.93,
    },
    explanation: "Everybody in this tree waits, directly or through another, for this one session, and it waits for nobody in the database. It pages through followers inside the transaction that wrote the post, and sleeps between the pages.",
    likely_mistake: "Work that does not need the transaction (notifying followers, with pauses) is done inside it, after rows were written that others need.",
    fix: "Commit the post first, then notify in transactions of their own, one a page.",
    remedies: [remedy(id, `1 connection freed; what it wrote is rolled back; ${waiters.length} waiting sessions can go on`)],
    first_seen: iso(waiters[0].since + 1000), last_seen: iso(world.now),
  };
}

function ring(world) {
  const id = "pool-deadlock-77aa01f2";
  return {
    id, rule: "pool-deadlock", severity: "critical", confidence: "certain",
    title: "2 refunds wait for each other: one for a row, the other for a pool slot", count: 2, subjects: world.ring.map(subject),
    evidence: {pool: "shop/billing", slots: 2, waiting_ms: 30_400}, explanation: "Each waits for what only the other can give. Neither will ever go on by itself.",
    likely_mistake: "A unit of work takes a second connection from the pool while it holds one.", fix: "Use the connection that is held already.",
    remedies: [remedy(id, "1 connection freed; what it wrote is rolled back; 1 waiting session can go on")], first_seen: iso(world.started), last_seen: iso(world.now),
  };
}

function prepared(world) {
  return {
    id: "orphan-prepared-02c4e9b8", rule: "orphan-prepared", severity: "warning", confidence: "likely", title: "1 prepared transaction is 3 h old and nobody finishes it: gid \"import-2207\"", count: 1,
    subjects: [], evidence: {gid: "import-2207", age_ms: 11_100_000, owner: "importer", database: "shop", horizon_age: 240_112}, explanation: "It holds its locks and holds back vacuum whether or not anybody is connected.",
    likely_mistake: "The transaction manager was restarted without its log.", fix: "Ask the coordinator whether it committed; then finish it by hand.",
    remedies: [{action: "sql", command: "ROLLBACK PREPARED 'import-2207';", predicted: "what it wrote is rolled back"}], first_seen: iso(world.started - 11_000_000), last_seen: iso(world.now),
  };
}

function budget(world) {
  return {
    id: "connection-budget-118f3c20", rule: "connection-budget", severity: "notice", confidence: "likely", title: "The pools together may open 120 connections; the server has 97", count: 3, subjects: [],
    evidence: {reserved: 120, connections_usable: USABLE, pools: ["shop 100", "billing 10", "import 10"]}, explanation: "If all pools fill up at once, the last to come are refused.",
    likely_mistake: "Each pool's size was chosen alone.", fix: "Let the sizes add up to at most what the server allows, or put a pooler in between.", remedies: [],
    first_seen: iso(world.started), last_seen: iso(world.now),
  };
}

export function findings(world) {
  const found = [];
  if (world.options.calm) return found;
  if (world.webhooks.length > 0 && world.now - world.webhooks[0].since > 4000 / world.options.speed) found.push(idle(world));
  if (world.publisher && world.waiters().length > 0) found.push(root(world));
  if (world.ring) found.push(ring(world));
  if (world.options.prepared) found.push(prepared(world));
  found.push(budget(world));
  const rank = {critical: 0, warning: 1, notice: 2};
  return found.sort((a, b) => rank[a.severity] - rank[b.severity] || b.count - a.count);
}

export function severities(found) {
  const counts = {critical: 0, warning: 0, notice: 0};
  for (const one of found) counts[one.severity]++;
  return counts;
}
