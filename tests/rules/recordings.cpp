#include "rules/recordings.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

namespace lockkeeper::test {

model::StatementPtr shared_statement(std::string_view text) {
  static std::map<std::string, model::StatementPtr, std::less<>> known;
  const auto found = known.find(text);
  if (found != known.end()) return found->second;
  return known.emplace(std::string(text), std::make_shared<model::Statement>(statement(text))).first->second;
}

ClientDraft::ClientDraft(std::uint64_t id) {
  who_.id = id;
  who_.application = "shop";
  who_.user = "alice";
  who_.database = "shop";
  who_.address = "192.168.0.9:" + std::to_string(50000 + id);
  who_.connected_at = look_time() - std::chrono::hours(1);
  client_.state_since = look_time() - std::chrono::seconds(1);
  rename();
}

void ClientDraft::rename() { client_.who = std::make_shared<model::ClientIdentity>(who_); }

ClientDraft& ClientDraft::named(std::string application) {
  who_.application = std::move(application);
  return rename(), *this;
}

ClientDraft& ClientDraft::of(std::string user) {
  who_.user = std::move(user);
  return rename(), *this;
}

ClientDraft& ClientDraft::in(std::string database) {
  who_.database = std::move(database);
  return rename(), *this;
}

ClientDraft& ClientDraft::on(model::Engine engine) {
  who_.engine = engine;
  return rename(), *this;
}

ClientDraft& ClientDraft::unit(std::string id) {
  client_.unit = model::UnitId(std::move(id));
  return *this;
}

ClientDraft& ClientDraft::began(model::Duration age) {
  return began_by_itself(age).ran("BEGIN", age, {.took = std::chrono::milliseconds(1), .rows = 0});
}

ClientDraft& ClientDraft::began_by_itself(model::Duration age) {
  const auto start = look_time() - age;
  client_.transaction.emplace(model::TransactionId{{static_cast<std::int64_t>(who_.id), who_.connected_at}, start});
  client_.state = model::ClientState::idle_in_transaction;
  client_.state_since = start;
  return *this;
}

ClientDraft& ClientDraft::ran(std::string_view text, model::Duration age, const Ran& how) {
  model::StatementRun run;
  run.statement = shared_statement(text);
  run.started_at = look_time() - age;
  run.duration = how.took;
  run.rows = how.rows;
  run.bytes = how.rows * 20;
  run.parameters = how.parameters;
  run.error = how.error;
  client_.statement = run.statement;
  client_.statement_started_at = run.started_at;
  client_.state_since = run.started_at + run.duration;
  client_.transaction.value().add(std::move(run));
  return *this;
}

ClientDraft& ClientDraft::active(std::string_view text, model::Duration running) {
  client_.state = model::ClientState::active;
  client_.state_since = look_time() - running;
  client_.statement = shared_statement(text);
  client_.statement_started_at = look_time() - running;
  return *this;
}

ClientDraft& ClientDraft::aborted() {
  client_.state = model::ClientState::aborted_in_transaction;
  return *this;
}

ClientDraft& ClientDraft::idle(model::Duration age) {
  client_.state = model::ClientState::idle;
  client_.state_since = look_time() - age;
  return *this;
}

ClientDraft& ClientDraft::waiting(model::Duration age) {
  client_.state = model::ClientState::waiting;
  client_.state_since = look_time() - age;
  return *this;
}

ClientDraft& ClientDraft::holds(std::int64_t pid, std::optional<model::Duration> age) {
  model::HeldServer held;
  held.session = id_of(pid);
  held.local_endpoint = test::client(pid).session().client;
  held.held_since = client_.transaction ? client_.transaction->id().started_at : client_.state_since;
  if (age) held.held_since = look_time() - *age;
  client_.server = held;
  return *this;
}

ClientDraft& ClientDraft::portal(std::string name, std::string_view text, model::Duration opened, std::int64_t rows) {
  client_.portals.push_back({std::move(name), shared_statement(text), look_time() - opened, rows});
  return *this;
}

ClientDraft& ClientDraft::pinned(std::string why) {
  client_.pins.push_back(std::move(why));
  return *this;
}

ClientDraft& ClientDraft::in_session_mode() {
  client_.session_mode = true;
  return *this;
}

ClientDraft recorded(std::uint64_t id) { return ClientDraft(id); }

Recorded::Recorded() {
  auto& made = recording.emplace();
  made.name = "127.0.0.1:6432";
  made.server = snapshot.server.name;
  made.taken_at = look_time();
  made.started_at = look_time() - std::chrono::hours(2);
}

Recorded& Recorded::add(const Draft& draft) {
  Scene::add(draft);
  return *this;
}

Recorded& Recorded::add(const ClientDraft& draft) {
  recording->clients.push_back(draft.client());
  return *this;
}

Recorded& Recorded::ends(const ClientDraft& draft, model::TransactionEnd end, model::Duration age) {
  model::TransactionOver over;
  over.client = draft.client().who;
  over.record = std::make_shared<model::TransactionRecord>(*draft.client().transaction);
  over.unit = draft.client().unit;
  over.end = end;
  over.ended_at = look_time() - age;
  recording->facts.push_back({over.ended_at, over, recording->facts.size() + 1});
  return *this;
}

Recorded& Recorded::odd(const ClientDraft& draft, model::OddityKind kind, model::Duration age, std::string_view text) {
  model::ClientOddity oddity;
  oddity.client = draft.client().who;
  oddity.kind = kind;
  if (!text.empty()) oddity.statement = shared_statement(text);
  oddity.unit = draft.client().unit;
  if (draft.client().transaction)
    oddity.record = std::make_shared<model::TransactionRecord>(*draft.client().transaction);
  recording->facts.push_back({look_time() - age, oddity, recording->facts.size() + 1});
  return *this;
}

Recorded& Recorded::lost(std::uint64_t facts) {
  recording->facts_lost = facts;
  return *this;
}

Recorded& Recorded::pool(std::uint64_t size, model::Duration queue_timeout) {
  auto& made = recording->pools.emplace_back();
  made.database = "shop";
  made.user = "alice";
  made.queue_timeout = queue_timeout;
  made.now.maximum_size = size;
  for (const auto& client : recording->clients) {
    made.now.in_use += client.server ? 1U : 0U;
    if (client.state != model::ClientState::waiting) continue;
    ++made.now.waiting;
    made.now.oldest_wait = std::max(made.now.oldest_wait, recording->taken_at - client.state_since);
  }
  return *this;
}

Recorded& Recorded::pool_in_session_mode(std::uint64_t size) {
  pool(size);
  recording->pools.back().session_mode = true;
  return *this;
}

Recorded& Recorded::pool_of_server(std::uint64_t size) {
  auto& made = recording->pools.emplace_back();
  made.database = "main";
  made.session_mode = true;
  made.now.maximum_size = made.now.in_use = size;
  made.now.waiting = 1;
  made.now.oldest_wait = std::chrono::seconds(20);
  made.queue_timeout = std::chrono::seconds(30);
  return *this;
}

Recorded& Recorded::alone() {
  recorder_alone = true;
  return *this;
}

model::Finding only(const Scene& scene, rules::Rule rule) {
  auto findings = scene.judge(rule);
  if (findings.size() != 1) throw std::out_of_range(std::to_string(findings.size()) + " findings, not 1");
  return std::move(findings.front());
}

}  // namespace lockkeeper::test
