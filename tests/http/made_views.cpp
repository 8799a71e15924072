#include "http/made_views.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace lockkeeper::test {
namespace {

using namespace std::chrono_literals;
using model::Session;
using model::SessionId;
using model::SessionState;

constexpr std::int64_t publisher_pid = 4711;

model::Statement statement(std::string text, sql::StatementKind kind = sql::StatementKind::select) {
  model::Statement made;
  made.fingerprint = sql::Fingerprint{std::hash<std::string>{}(text)};
  made.kind = kind;
  made.text = std::move(text);
  return made;
}

SessionId id(const Shop& shop, std::int64_t pid) { return {pid, shop.now - 2h - std::chrono::seconds(pid % 60)}; }

Session session(const Shop& shop, std::int64_t pid, std::string application, SessionState state) {
  Session made;
  made.id = id(shop, pid);
  made.state = state;
  made.application = std::move(application);
  made.user = "app";
  made.database = "shop";
  made.client = "10.0.0.7:" + std::to_string(40'000 + pid % 10'000);
  made.state_changed_at = shop.now - 5s;
  return made;
}

void open_transaction(Session& session, const Shop& shop, model::Duration age, std::string text) {
  session.transaction = model::Transaction{.started_at = shop.now - age, .wrote = true, .xid_age = 12, .xmin_age = {}};
  session.statement = statement(std::move(text), sql::StatementKind::update);
  session.statement_started_at = shop.now - age + 3ms;
  session.state_changed_at = shop.now - age + 9ms;
}

Session leaked(const Shop& shop, std::int64_t number) {
  Session made = session(shop, 2000 + number, "checkout", SessionState::idle_in_transaction);
  open_transaction(made, shop, 10s + number * 3s, "SELECT * FROM cart WHERE id = ?");
  return made;
}

Session publisher(const Shop& shop) {
  Session made = session(shop, publisher_pid, "post-publisher", SessionState::idle_in_transaction);
  open_transaction(made, shop, 90s, "UPDATE post SET state = ? WHERE id = ?");
  made.locks.push_back({"relation", "public.post", "RowExclusiveLock", 1});
  return made;
}

Session waiter(const Shop& shop, std::int64_t pid) {
  Session made = session(shop, pid, "api", SessionState::active);
  open_transaction(made, shop, 30s, "UPDATE post SET views = views + ? WHERE id = ?");
  made.wait_event = "Lock: transactionid";
  return made;
}

void add_wait(model::Snapshot& snapshot, const Shop& shop, std::int64_t pid, std::vector<model::Holder> blocked_by,
              std::optional<SessionId> behind = {}) {
  model::Wait wait;
  wait.waiter = id(shop, pid);
  wait.kind = "transactionid";
  wait.target = "transaction 771";
  wait.mode = "ShareLock";
  wait.since = shop.now - 25s;
  wait.blocked_by = std::move(blocked_by);
  wait.behind = behind;
  snapshot.waits.push_back(std::move(wait));
}

model::Server server() {
  model::Server made;
  made.product = "PostgreSQL";
  made.version = "15.20";
  made.name = "127.0.0.1:5432";
  made.database = "shop";
  made.max_connections = 100;
  made.reserved_for_superusers = 3;
  return made;
}

void add_blocked(model::Snapshot& snapshot, const Shop& shop) {
  snapshot.sessions.push_back(publisher(shop));
  for (const std::int64_t pid : {5001, 5002, 5003, 5004}) snapshot.sessions.push_back(waiter(shop, pid));
  snapshot.prepared.push_back({"order-9", "app", "shop", shop.now - 10min, 40, {}});
  add_wait(snapshot, shop, 5001, {id(shop, publisher_pid)});
  add_wait(snapshot, shop, 5002, {id(shop, publisher_pid)}, id(shop, 5001));
  add_wait(snapshot, shop, 5003, {}, id(shop, 5002));
  add_wait(snapshot, shop, 5004, {std::string("order-9")});
}

std::shared_ptr<const model::Snapshot> snapshot(const Shop& shop) {
  auto made = std::make_shared<model::Snapshot>();
  made->server = server();
  made->taken_at = shop.now;
  made->observer_role = "monitor";
  for (std::int64_t i = 0; i < 6; ++i)
    made->sessions.push_back(session(shop, 1000 + i, "web", i < 2 ? SessionState::active : SessionState::idle));
  for (std::int64_t i = 0; i < shop.leaked; ++i) made->sessions.push_back(leaked(shop, i));
  if (shop.blocked) add_blocked(*made, shop);
  auto walsender = session(shop, 900, "standby", SessionState::active);
  walsender.kind = model::SessionKind::replication;
  made->sessions.push_back(std::move(walsender));
  std::ranges::sort(made->sessions, {}, &Session::id);
  std::ranges::sort(made->waits, {}, &model::Wait::waiter);
  return made;
}

model::StatementRun run(model::WallTime at, const char* text, sql::StatementKind kind, std::int64_t rows) {
  return {std::make_shared<const model::Statement>(statement(text, kind)), at, 4ms, rows, 120, 7, ""};
}

model::TransactionRecord record(const Shop& shop) {
  using enum sql::StatementKind;
  const auto begun = shop.now - 90s;
  model::TransactionRecord made({id(shop, publisher_pid), begun});
  made.add(run(begun, "BEGIN", begin, 0));
  made.add(run(begun + 20ms, "SELECT id FROM follower WHERE post = ? LIMIT ?", select, 50));
  made.add(run(begun + 40ms, "UPDATE post SET state = ? WHERE id = ?", update, 1));
  return made;
}

std::shared_ptr<const model::ClientIdentity> who(const Shop& shop) {
  model::ClientIdentity made;
  made.id = 17;
  made.application = "post-publisher";
  made.user = "app";
  made.database = "shop";
  made.address = "10.0.0.7:" + std::to_string(40'000 + publisher_pid);
  made.connected_at = shop.now - 1h;
  return std::make_shared<const model::ClientIdentity>(std::move(made));
}

model::RecordedPool pool() {
  model::RecordedPool made;
  made.database = "shop";
  made.user = "app";
  made.now = {.maximum_size = 20,
              .in_use = 18,
              .idle = 1,
              .connecting = 1,
              .waiting = 4,
              .oldest_wait = 1'250ms,
              .oldest_lease = 90s};
  made.queue_timeouts = 2;
  made.queue_timeout = 30s;
  made.waits[12] = 5;
  return made;
}

std::shared_ptr<const model::Recording> recording(const Shop& shop) {
  auto made = std::make_shared<model::Recording>();
  made->name = "127.0.0.1:6432";
  made->server = "127.0.0.1:5432";
  made->taken_at = shop.now;
  made->started_at = shop.now - 3h;
  made->pools.push_back(pool());
  if (!shop.blocked) return made;
  model::RecordedClient client;
  client.who = who(shop);
  client.state = model::ClientState::idle_in_transaction;
  client.state_since = shop.now - 89s;
  client.server = model::HeldServer{{publisher_pid, shop.now - 2h}, "127.0.0.1:41234", shop.now - 90s};
  client.transaction = record(shop);
  made->clients.push_back(std::move(client));
  return made;
}

model::Finding finding(const Shop& shop, std::string id_text, std::string rule, model::Severity severity,
                       std::vector<Session> subjects) {
  model::Finding made;
  made.id = model::FindingId(std::move(id_text));
  made.rule = model::RuleId(std::move(rule));
  made.severity = severity;
  made.count = static_cast<std::int64_t>(subjects.size());
  made.subjects = std::move(subjects);
  made.explanation = "It has an open transaction and runs nothing.";
  made.likely_mistake = "The code returned early.";
  made.fix = "End it on every path.";
  made.remedies.push_back({model::Action::terminate, "", "its connection is freed"});
  made.first_seen = shop.now - 60s;
  made.last_seen = shop.now;
  return made;
}

std::vector<model::Finding> findings(const Shop& shop) {
  std::vector<model::Finding> made;
  if (shop.blocked) {
    made.push_back(
        finding(shop, "root-blocker-0a1b2c3d", "root-blocker", model::Severity::critical, {publisher(shop)}));
    made.back().title = "4711 post-publisher (idle in transaction) holds up 3 sessions";
  }
  if (shop.leaked < 3) return made;
  std::vector<Session> subjects;
  for (std::int64_t i = 0; i < shop.leaked; ++i) subjects.push_back(leaked(shop, i));
  const auto severity = shop.leaked < 20 ? model::Severity::warning : model::Severity::critical;
  made.push_back(finding(shop, "idle-transaction-3a1e32e7", "idle-transaction", severity, std::move(subjects)));
  made.back().title =
      std::to_string(shop.leaked) + " transactions of application \"checkout\" (user app, database shop) are idle";
  made.back().evidence.items = {{"oldest_idle", model::Duration(10s + shop.leaked * 3s)}, {"wrote", true}};
  return made;
}

model::ShapeSummary shape(const Shop& shop, bool learnt) {
  model::ShapeSummary made;
  made.key = {"checkout", "app", "shop", learnt ? 0x1234U : 0x5678U, 0};
  made.text = learnt ? "SELECT * FROM cart WHERE id = ?" : "UPDATE stock SET n = ? WHERE id = ?";
  made.needed = 30;
  made.completed = learnt ? 400 : 12;
  made.buckets[5] = learnt ? 300 : 12;
  if (!learnt) return made;
  made.buckets[7] = 100;
  made.verdict = shop.leaked < 3 ? model::GapVerdict::normal : model::GapVerdict::leaked;
  made.verdict_since = shop.now - 60s;
  made.frozen = shop.leaked >= 3;
  made.baseline = 400;
  made.median = 40ms;
  made.p90 = 120ms;
  made.longest = 900ms;
  made.tau = 5s;
  made.p_slow = 0.001;
  made.p_immortal = 0.002;
  made.e_slow = 900.0;
  made.e_immortal = 400.0;
  made.shift = 120.0;
  for (std::int64_t i = shop.leaked - 1; i >= 0; --i) made.open.push_back({leaked(shop, i).id, 10s + i * 3s, true});
  return made;
}

model::Diagnosis diagnosis(const Shop& shop, const model::Snapshot& seen) {
  model::Diagnosis made;
  made.url = "postgresql://monitor@127.0.0.1:5432/shop";
  made.observed_at = shop.now;
  made.server = seen.server;
  made.findings = findings(shop);
  made.looks = shop.looks;
  made.counts.clients = seen.clients();
  made.counts.active = std::ranges::count(seen.sessions, SessionState::active, &Session::state) - 1;
  made.counts.idle_in_transaction = std::ranges::count_if(seen.sessions, &Session::idle_in_transaction);
  made.counts.waiting = static_cast<std::int64_t>(seen.waits.size());
  return made;
}

}  // namespace

std::shared_ptr<const diagnose::View> view_of(const Shop& shop) {
  auto view = std::make_shared<diagnose::View>();
  view->name = shop.name;
  view->observed.judged = snapshot(shop);
  view->observed.snapshot = view->observed.judged;
  if (shop.recorder) view->observed.recording = recording(shop);
  view->diagnosis = diagnosis(shop, *view->observed.judged);
  view->published_at = shop.now;
  view->shapes = {shape(shop, true), shape(shop, false)};
  if (!shop.blocked) return view;
  const std::vector<SessionId> behind{id(shop, 5001), id(shop, 5002), id(shop, 5003)};
  view->roots.push_back({id(shop, publisher_pid), behind, behind, 25s});
  view->roots.push_back({std::string("order-9"), {id(shop, 5004)}, {id(shop, 5004)}, 25s});
  return view;
}

model::ActionReport kill_report(const Shop& shop, const diagnose::ActionRequest& request) {
  model::ActionReport report;
  report.url = "postgresql://monitor@127.0.0.1:5432/shop";
  report.observed_at = shop.now;
  report.server = server();
  report.action = request.action;
  report.dry_run = request.dry_run;
  for (const auto& found : findings(shop)) {
    if (request.finding == found.id) report.finding = found;
  }
  if (!report.finding && !request.session) {
    report.failure = {"no_such_finding", "there is no such finding now", "Take another look."};
    return report;
  }
  const auto outcome = request.dry_run ? model::ActionOutcome::would_act : model::ActionOutcome::done;
  if (report.finding) {
    for (const auto& subject : report.finding->subjects) report.targets.push_back({subject, {outcome, ""}});
  }
  if (request.session) report.targets.push_back({publisher(shop), {outcome, ""}});
  if (!request.dry_run) report.audit = request.audit.string();
  return report;
}

}  // namespace lockkeeper::test
