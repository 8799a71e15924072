#include "collect/looking.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include <lockkeeper/postgres.hpp>

namespace lockkeeper::collect::postgres {
namespace {

std::map<int, PostgresServer>& servers() {
  static std::map<int, PostgresServer> instance;
  return instance;
}

class StopServers : public ::testing::Environment {
 public:
  void TearDown() override { servers().clear(); }
};

const auto* const stop_servers = ::testing::AddGlobalTestEnvironment(new StopServers);

}  // namespace

PostgresServer& shared_server(const PostgresVersion& version) {
  const auto found = servers().find(version.major);
  if (found != servers().end()) return found->second;
  // Autovacuum would add sessions and locks of its own.
  lockkeeper::testing::StartOptions options{.version = version,
                                            .settings = {{"autovacuum", "off"}, {"wal_level", "logical"}}};
  return servers().emplace(version.major, PostgresServer::start(std::move(options))).first->second;
}

std::vector<PostgresVersion> main_versions() {
  return {lockkeeper::testing::find_postgres(15), lockkeeper::testing::find_postgres(18)};
}

Looker::Looker(const std::string& url) : driver_(make_postgres_driver()), collector_(*driver_, url) {}

model::Snapshot Looker::look() {
  auto result = collector_.look(soon());
  if (!result) throw std::runtime_error("the look failed: " + result.error().code + ": " + result.error().message);
  return std::move(*result);
}

model::Snapshot Looker::look_until(const std::function<bool(const model::Snapshot&)>& wanted, std::string_view what) {
  model::Snapshot snapshot;
  lockkeeper::testing::wait_until(
      [&] {
        snapshot = look();
        return wanted(snapshot);
      },
      lockkeeper::testing::default_patience, what);
  return snapshot;
}

const model::Session& session_of(const model::Snapshot& snapshot, std::int64_t pid) {
  const auto found =
      std::ranges::find_if(snapshot.sessions, [&](const model::Session& session) { return session.id.pid == pid; });
  if (found == snapshot.sessions.end()) throw std::runtime_error("no session " + std::to_string(pid));
  return *found;
}

bool has_session(const model::Snapshot& snapshot, std::int64_t pid) {
  return std::ranges::any_of(snapshot.sessions, [&](const model::Session& session) { return session.id.pid == pid; });
}

const model::Wait& wait_of(const model::Snapshot& snapshot, std::int64_t pid) {
  const auto found =
      std::ranges::find_if(snapshot.waits, [&](const model::Wait& wait) { return wait.waiter.pid == pid; });
  if (found == snapshot.waits.end()) throw std::runtime_error("session " + std::to_string(pid) + " does not wait");
  return *found;
}

std::vector<std::string> locks_of(const model::Session& session) {
  std::vector<std::string> result;
  for (const auto& lock : session.locks) result.push_back(lock.mode + " on " + lock.target);
  std::ranges::sort(result);
  return result;
}

std::vector<std::int64_t> pids_of(const std::vector<model::SessionId>& sessions) {
  std::vector<std::int64_t> pids;
  for (const auto& session : sessions) pids.push_back(session.pid);
  std::ranges::sort(pids);
  return pids;
}

std::vector<std::int64_t> pids_of(const std::vector<model::Holder>& holders) {
  std::vector<std::int64_t> pids;
  for (const auto& holder : holders) {
    const auto* session = std::get_if<model::SessionId>(&holder);
    pids.push_back(session != nullptr ? session->pid : 0);
  }
  std::ranges::sort(pids);
  return pids;
}

std::vector<std::int64_t> pids_of(const std::vector<Session>& sessions) {
  std::vector<std::int64_t> pids;
  for (const auto& session : sessions) pids.push_back(session.pid());
  std::ranges::sort(pids);
  return pids;
}

void OnServer::SetUp() {
  observer_ = std::make_unique<Session>(server().url(), "observer");
  // What a case has left behind would block every case after it: who waits for a lock does not notice that its client
  // has gone.
  const std::string others = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
  observer_->exec("SELECT pg_terminate_backend(pid) " + others);
  lockkeeper::testing::wait_until([&] { return observer_->exec("SELECT " + others).empty(); },
                                  lockkeeper::testing::default_patience, "the sessions of earlier cases to end");
  for (const auto& row : observer_->exec("SELECT quote_literal(gid) FROM pg_prepared_xacts"))
    observer_->exec("ROLLBACK PREPARED " + row.at(0).value());
  observer_->exec(
      "DROP SCHEMA IF EXISTS shop CASCADE; CREATE SCHEMA shop; GRANT ALL ON SCHEMA shop TO PUBLIC;"
      "CREATE TABLE shop.orders (id int PRIMARY KEY, paid boolean NOT NULL DEFAULT false);"
      "CREATE TABLE shop.items (id int PRIMARY KEY); GRANT ALL ON ALL TABLES IN SCHEMA shop TO PUBLIC;"
      "INSERT INTO shop.orders SELECT generate_series(1, 10)");
}

Session OnServer::waiting_session(const std::string& sql) {
  Session waiter = session("waiter");
  waiter.send(sql);
  lockkeeper::testing::wait_until_waiting(observer(), waiter.pid());
  return waiter;
}

}  // namespace lockkeeper::collect::postgres
