#include "rules/snapshots.hpp"

#include <algorithm>
#include <utility>

#include "rules/catalogue.hpp"
#include "rules/recorded.hpp"
#include "sql/fingerprint.hpp"

namespace lockkeeper::test {

using std::chrono::hours;
using std::chrono::milliseconds;

model::WallTime look_time() { return *model::parse_time("2026-11-22T05:10:00Z"); }

// A session that is older than anything it has open.
model::SessionId id_of(std::int64_t pid) { return {pid, look_time() - hours(48) + milliseconds(pid)}; }

model::Statement statement(std::string_view text) {
  const auto analyzed = sql::analyze(text, {.dialect = sql::Dialect::postgres});
  return {analyzed.fingerprint, analyzed.kind, analyzed.normalized, analyzed.truncated, std::nullopt};
}

Draft::Draft(std::int64_t pid) {
  session_.id = id_of(pid);
  session_.application = "shop";
  session_.user = "alice";
  session_.database = "shop";
  session_.client = "10.0.0.7:" + std::to_string(40000 + pid);
  idle(std::chrono::seconds(1));
}

Draft& Draft::named(std::string application) {
  session_.application = std::move(application);
  return *this;
}

Draft& Draft::of(std::string user) {
  session_.user = std::move(user);
  return *this;
}

Draft& Draft::in(std::string database) {
  session_.database = std::move(database);
  return *this;
}

Draft& Draft::kind(model::SessionKind kind) {
  session_.kind = kind;
  return *this;
}

Draft& Draft::superuser() {
  session_.superuser = true;
  return *this;
}

Draft& Draft::state(model::SessionState state, model::Duration age) {
  session_.state = state;
  session_.state_changed_at = look_time() - age;
  session_.statement_started_at = look_time() - age;
  return *this;
}

Draft& Draft::idle_in_transaction(model::Duration silent, std::optional<model::Duration> age) {
  state(model::SessionState::idle_in_transaction, silent);
  session_.wait_event = "Client: ClientRead";
  return open(age.value_or(silent + milliseconds(5)));
}

Draft& Draft::aborted(model::Duration silent, std::optional<model::Duration> age) {
  return idle_in_transaction(silent, age).state(model::SessionState::aborted_in_transaction, silent);
}

Draft& Draft::active(model::Duration running) {
  state(model::SessionState::active, running);
  return open(running);
}

Draft& Draft::idle(model::Duration silent) { return state(model::SessionState::idle, silent); }

Draft& Draft::hidden() {
  session_.state = model::SessionState::hidden;
  session_.state_changed_at.reset();
  session_.statement_started_at.reset();
  session_.transaction.reset();
  session_.statement.reset();
  return *this;
}

Draft& Draft::open(model::Duration age) {
  if (!session_.transaction) session_.transaction.emplace();
  session_.transaction->started_at = look_time() - age;
  return *this;
}

Draft& Draft::ran(std::string_view text) {
  session_.statement = statement(text);
  return *this;
}

Draft& Draft::wrote(std::int64_t xid_age) {
  session_.transaction.value().wrote = true;
  session_.transaction.value().xid_age = xid_age;
  return *this;
}

Draft& Draft::sees(std::int64_t xmin_age) {
  session_.transaction.value().xmin_age = xmin_age;
  return *this;
}

Draft& Draft::holds(std::string mode, std::string target, std::string kind) {
  session_.locks.push_back({std::move(kind), std::move(target), std::move(mode), 1});
  return *this;
}

Draft client(std::int64_t pid) { return Draft(pid); }

Scene::Scene() {
  auto& server = snapshot.server;
  server = {"PostgreSQL", "15.20", "127.0.0.1:5432", "shop", look_time() - hours(72), false, 100, 3, 0, 200'000'000};
  snapshot.taken_at = look_time();
  snapshot.observer_role = "monitor";
}

Scene& Scene::add(const Draft& draft) {
  const auto place = std::ranges::lower_bound(snapshot.sessions, draft.session().id, {}, &model::Session::id);
  snapshot.sessions.insert(place, draft.session());
  return *this;
}

Scene& Scene::add_idle_clients(std::int64_t count, std::int64_t first_pid) {
  for (std::int64_t pid = first_pid; pid < first_pid + count; ++pid) add(client(pid));
  return *this;
}

Scene& Scene::wait(std::int64_t waiter, const std::vector<model::Holder>& holders, model::Duration age) {
  snapshot.waits.push_back({id_of(waiter), "transactionid", "transaction 771", "ShareLock", look_time() - age, false,
                            holders, std::nullopt});
  return *this;
}

Scene& Scene::wait(std::int64_t waiter, std::int64_t holder, model::Duration age) {
  return wait(waiter, std::vector<model::Holder>{id_of(holder)}, age);
}

Scene& Scene::queue(std::int64_t waiter, std::int64_t behind, model::Duration age) {
  snapshot.waits.push_back({id_of(waiter),
                            "tuple",
                            "row (0,1) of public.posts",
                            "ExclusiveLock",
                            look_time() - age,
                            false,
                            {},
                            id_of(behind)});
  return *this;
}

Scene& Scene::prepare(std::string gid, model::Duration age, std::int64_t xid_age, std::string owner) {
  snapshot.prepared.push_back({std::move(gid),
                               std::move(owner),
                               "shop",
                               look_time() - age,
                               xid_age,
                               {{"relation", "public.orders", "RowExclusiveLock", 1}}});
  return *this;
}

model::Snapshot Scene::seen() const {
  if (!recording) return snapshot;
  return recorder_alone ? rules::snapshot_of(*recording) : rules::with_clients(snapshot, *recording);
}

std::vector<model::Finding> Scene::judge(rules::Rule rule) const {
  rules::Window window;
  window.add(seen(), limits);
  return judge(rule, window);
}

std::vector<model::Finding> Scene::judge(rules::Rule rule, const rules::Window& window) const {
  const model::Snapshot look = seen();
  const rules::Blocking blocking(look);
  rules::PoolMemory memory = pools;
  memory.add(look);
  return rule({look, blocking, window, recording ? &*recording : nullptr, gaps ? &*gaps : nullptr,
               app_log ? &*app_log : nullptr, &memory},
              limits);
}

std::vector<model::Finding> Scene::judge_all() const {
  const model::Snapshot look = seen();
  rules::Window window;
  window.add(look, limits);
  const rules::Blocking blocking(look);
  return rules::judge({look, blocking, window, recording ? &*recording : nullptr, gaps ? &*gaps : nullptr}, limits);
}

bool has_evidence(const model::Finding& finding, std::string_view name) {
  return std::ranges::count(finding.evidence.items, name, &model::EvidenceItem::name) > 0;
}

std::vector<model::Action> actions(const model::Finding& finding) {
  std::vector<model::Action> result;
  for (const auto& remedy : finding.remedies) result.push_back(remedy.action);
  return result;
}

std::vector<std::int64_t> subject_pids(const model::Finding& finding) {
  std::vector<std::int64_t> result;
  for (const auto& subject : finding.subjects) result.push_back(subject.id.pid);
  return result;
}

}  // namespace lockkeeper::test
