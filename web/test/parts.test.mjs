// The parts that only compute, loaded through Vite as the page loads them.
import assert from "node:assert/strict";
import {after, before, test} from "node:test";
import {fileURLToPath} from "node:url";
import {createServer} from "vite";

let vite;
const load = (path) => vite.ssrLoadModule(`/src/${path}`);
before(async () => {
  // Modules with side effects of a browser are only read, never used here.
  globalThis.addEventListener ??= () => undefined;
  globalThis.location ??= {pathname: "/", search: ""};
  vite = await createServer({root: fileURLToPath(new URL("..", import.meta.url)), server: {middlewareMode: true, ws: false, watch: null}, appType: "custom", logLevel: "error", optimizeDeps: {noDiscovery: true}});
});
after(() => vite?.close());

const at = (second) => new Date(1_700_000_000_000 + second * 1000).toISOString();
const now = (second) => 1_700_000_000_000 + second * 1000;
const sample = (second, fields = {}) => ({at: at(second), clients: 10, active: 2, idle: 5, idle_in_transaction: 3, aborted: 0, waiting: 0, queued: 0, usable: 97, ...fields});
const transaction = (key, fields = {}) => ({
  key, pid: 1, client_id: null, application: "shop", user: "app", database: "shop", client: "", state: "idle in transaction", state_since: at(5), started_at: at(0), statements: 2, dropped: 0, rows_written: 0,
  busy_ms: 1, idle_ms: 1, lines: [], waits_for: [], ...fields,
});
const line = (text, second, fields = {}) => ({text, kind: "", count: 1, same_parameters: true, rows: 0, started_at: at(second), busy_ms: 100, gap_before_ms: 0, longest_gap_ms: 0, error: "", dropped: 0, running: false, ...fields});

test("durations are told in the units that people use", async () => {
  const {duration, age, roughly, parseTime, axisStep} = await load("lib/time.ts");
  assert.deepEqual([0, 850, 4200, 9_960, 48_700, 252_000, 600_000, 7_500_000, 273_600_000, null].map(duration),
    ["0 ms", "850 ms", "4.2 s", "9 s", "48 s", "4 min 12 s", "10 min", "2 h 5 min", "3 d 4 h", "–"]);
  assert.deepEqual([400, 3000, 61_000].map(age), ["under 1 s", "3 s", "1 min 1 s"]);
  assert.deepEqual([90_000, 270_000, 7_200_000].map(roughly), ["90 s", "4.5 min", "2 h"]);
  assert.equal(parseTime("2026-11-22T05:02:22.123456Z"), Date.UTC(2026, 10, 22, 5, 2, 22, 123));
  assert.deepEqual([parseTime(null), parseTime("yesterday")], [null, null]);
  assert.equal(axisStep(300_000, 5), 60_000);
});

test("addresses are read and written alike", async () => {
  const {parsePlace, formatPlace} = await load("lib/router.ts");
  assert.deepEqual(parsePlace("/", ""), {page: "now", item: null, server: null});
  assert.deepEqual(parsePlace("/nonsense", ""), {page: "now", item: null, server: null});
  const place = {page: "transactions", item: "gid:a/b c@2026-11-22T05:02:22.1Z", server: "the main one"};
  const [path, query] = formatPlace(place).split("?");
  assert.deepEqual(parsePlace(path, `?${query}`), place);
  assert.equal(parsePlace("/findings/%E0%A4%A", "").item, "%E0%A4%A");
});

test("layers are stacked, and nothing is drawn where nobody looked", async () => {
  const {columns, growth, nearest} = await load("lib/stack.ts");
  const made = columns([sample(0), sample(1), sample(60, {idle_in_transaction: 33})], 0);
  assert.deepEqual(made.tops.idle_in_transaction, [3, 3, null, 33]);
  assert.deepEqual(made.tops.idle, [10, 10, null, 40]);
  assert.equal(nearest([0, 10, 20], 14), 1);
  assert.equal(nearest([], 1), -1);
  const rising = Array.from({length: 60}, (_, second) => sample(second, {idle_in_transaction: second}));
  assert.equal(Math.round(growth(rising, "idle_in_transaction")), 60);
  assert.equal(growth(rising.slice(0, 3), "idle_in_transaction"), null);
});

test("periods of the history are drawn as samples, broken where nobody looked", async () => {
  const {pastSamples} = await load("api/past.ts");
  const {columns} = await load("lib/stack.ts");
  const counts = (asleep, waiting) => ({clients: 10.4, active: 2, idle: 5, idle_in_transaction: asleep, aborted: 0, waiting, queued: 0, usable: 0});
  const period = (second, asleep) => ({at: at(second), samples: 60, mean: counts(asleep, 0.2), maximum: counts(9, 4)});
  const past = {to: at(600), step_ms: 60_000, connections: [{server: "main", periods: [period(0, 2.6), period(60, 1), period(300, 1)]}], error: null};
  const samples = pastSamples(past, "main");
  assert.deepEqual([samples[0].idle_in_transaction, samples[0].waiting, samples[0].usable], [3, 4, null]);
  assert.deepEqual(pastSamples(past, "other"), []);
  assert.deepEqual(columns(samples, 0, 150_000).tops.idle_in_transaction, [3, 1, null, 1]);
});

test("samples are put together once each, and forgotten after an hour", async () => {
  const {merged} = await load("api/samples.ts");
  const old = [sample(0), sample(1), sample(2)];
  assert.deepEqual(merged(old, [sample(2), sample(3)]).map((one) => one.at), [0, 1, 2, 3].map(at));
  assert.deepEqual(merged(old, [sample(3602)]).map((one) => one.at), [2, 3602].map(at));
});

test("the wait graph becomes trees and rings, each node once", async () => {
  const {forest, layered} = await load("lib/forest.ts");
  const node = (key, root = false) => ({key, pid: 1, title: key, root, stuck: false, behind: 0, freed: 0});
  const edge = (from, to, second = 0) => ({from, to, kind: "lock", target: "t", mode: "m", since: at(second), queued: false});
  const waits = {
    nodes: [node("root", true), node("a"), node("b"), node("c"), node("x"), node("y"), node("z"), node("lost")],
    edges: [edge("a", "root", 2), edge("b", "root", 1), edge("c", "a"), edge("c", "b"), edge("x", "y"), edge("y", "x"), edge("z", "x"), edge("lost", "hidden")],
    roots: [{key: "root", behind: ["a", "b", "c"], freed: ["a", "b", "c"], longest_wait_ms: 1}], rings: [["x", "y"]],
  };
  const made = forest(waits);
  assert.deepEqual(made.roots.map((one) => one.node.key), ["root", "lost"]);
  assert.deepEqual(made.roots[0].children.map((one) => one.node.key), ["b", "a"]);
  const c = made.roots[0].children[0].children[0];
  assert.deepEqual([c.node.key, c.also.map((one) => one.to)], ["c", ["a"]]);
  assert.deepEqual(made.rings[0].members.map((one) => one.node.key), ["x", "y"]);
  assert.deepEqual(made.rings[0].members[0].children.map((one) => one.node.key), ["z"]);
  const queue = forest({nodes: [node("root", true), node("q1"), node("q2"), node("q3")], roots: [{key: "root", behind: []}], rings: [],
    edges: [edge("q1", "root"), edge("q2", "root"), {...edge("q2", "q1"), queued: true}, {...edge("q3", "q2"), queued: true}]});
  assert.deepEqual(layered(queue.roots[0], new Set(), 12).placed.map((one) => [one.branch.node.key, one.column, one.row]), [["root", 0, 0], ["q1", 1, 0], ["q2", 1, 1], ["q3", 1, 2]]);
  const top = {...made.roots[0], children: Array.from({length: 20}, (_, index) => ({node: node(`w${index}`), edge: edge(`w${index}`, "root"), also: [], children: []}))};
  const folded = layered(top, new Set(), 12);
  assert.equal(folded.placed.at(-1).folded, 9);
  assert.equal(folded.rows, 12);
  assert.equal(layered(top, new Set(["root"]), 12).rows, 20);
});

test("a lane has its statements, its gaps and its silence", async () => {
  const {lane, ordered, silence} = await load("lib/lanes.ts");
  const one = transaction("a", {lines: [line("BEGIN", 0), line("SELECT", 1, {count: 5}), line("UPDATE", 4, {gap_before_ms: 1000})]});
  const made = lane(one, now(9));
  assert.deepEqual(made.blocks.map((block) => [block.kind, block.from - now(0), block.to - now(0)]), [["run", 0, 100], ["folded", 1000, 3000], ["run", 4000, 4100]]);
  assert.equal(made.silentSince, now(5));
  assert.equal(silence(one, now(9)), 4000);
  const waiting = transaction("w", {state: "active", waits_for: [{key: "a", prepared: false}], lines: [line("UPDATE", 6, {running: true})], started_at: at(3)});
  assert.deepEqual([lane(waiting, now(9)).blocks[0].kind, silence(waiting, now(9))], ["waiting", 0]);
  const old = transaction("old", {started_at: at(-90)});
  assert.deepEqual(ordered([old, waiting, one], "matters", now(9)).map((each) => each.key), ["a", "w", "old"]);
  assert.deepEqual(ordered([one, waiting, old], "age", now(9)).map((each) => each.key), ["old", "a", "w"]);
});

test("the first sentence says what is wrong, and when it is full", async () => {
  const {headline, shapeWords} = await load("lib/verdict.ts");
  const server = {name: "main", complete: true, error: null, looks: 3};
  assert.equal(headline(server, [], sample(0), null).title, "Nothing is wrong");
  assert.equal(headline({...server, complete: false}, [], sample(0), null).tone, "unknown");
  assert.equal(headline({...server, error: {message: "refused", advice: ""}}, [], null, null).tone, "critical");
  const full = headline(server, [{severity: "critical", title: "70 are idle"}], sample(0, {clients: 90, idle: 10}), 60);
  assert.deepEqual([full.tone, full.title, full.detail], ["critical", "70 are idle", "90 of 97 connections in use. 60 more idle in transaction every minute: full in about 17 s."]);
  assert.match(shapeWords({verdict: "leaked", open: [{}, {}], tau_ms: 5000, p_immortal: 1e-9}), /^These 2 will not come back: beyond 20 s .* less than 1 in 10,000/);
  assert.match(shapeWords({verdict: "learning", open: [], completed: 3, needed: 30}), /3 of 30/);
});

test("gaps stand on a logarithmic axis", async () => {
  const {histogram, position} = await load("lib/histogram.ts");
  const made = histogram({buckets: [{up_to_ms: 8, completed: 4}, {up_to_ms: 16, completed: 0}, {up_to_ms: null, completed: 1}], open: [{key: "a", age_ms: 9000}], tau_ms: 5000});
  assert.deepEqual(made.bars.map((bar) => [bar.from, bar.to, bar.height]), [[4, 8, 1], [8192, 16_384, 0.5]]);
  assert.deepEqual([position(1, 1, 1024), position(32, 1, 1024), position(9999, 1, 1024)], [0, 0.5, 1]);
});

test("the audit's lines are put together", async () => {
  const {orders} = await load("lib/audit.ts");
  const entry = (second, session, fields) => ({at: at(second), actor: "ops", server: "s", action: "terminate", session, finding: "f-1", ...fields});
  const made = orders([
    entry(9, "3@x", {phase: "intent", finding: "f-2"}),
    entry(2, "2@x", {phase: "outcome", outcome: "skipped"}), entry(2, "2@x", {phase: "intent"}), entry(1, "1@x", {phase: "outcome", outcome: "terminated"}), entry(1, "1@x", {phase: "intent"}),
    {unreadable: "{"},
  ]);
  assert.deepEqual(made.map((order) => order.outcomes), [[["intended", 1]], [["skipped", 1], ["terminated", 1]], [["unreadable", 1]]]);
});

test("evidence is told in words", async () => {
  const {evidenceName, evidenceValue, matches} = await load("lib/words.ts");
  assert.equal(evidenceName("oldest_idle_ms"), "oldest idle");
  assert.deepEqual([["oldest_idle_ms", 4023], ["wrote", true], ["blocked", [21281, 7]], ["horizon_age", 240112], ["growth_per_minute", 12.5], ["blocked", []], ["at", "2026-11-22T06:29:56.312881Z"]].map(([name, value]) => evidenceValue(name, value)),
    ["4.0 s", "yes", "21281, 7", "240,112", "12.5", "none", "2026-11-22 06:29:56 UTC"]);
  assert.ok(matches("hook 70", "Webhook", 70) && !matches("x", "y") && matches(" ", ""));
});
