// Looking at real servers: one server per version for all the cases of this program, and a schema of its own per case.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "collect/postgres/collector.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::collect::postgres {

using lockkeeper::testing::PostgresServer;
using lockkeeper::testing::PostgresVersion;
using lockkeeper::testing::Session;

/// Far enough away that only a hang gets there.
[[nodiscard]] inline Deadline soon() {
  return std::chrono::steady_clock::now() + lockkeeper::testing::default_patience;
}
[[nodiscard]] inline Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

/// The server of that version, started when first asked for and stopped after the last case.
[[nodiscard]] PostgresServer& shared_server(const PostgresVersion& version);

/// The versions that every case runs on: Debian's 15 and the newest.
[[nodiscard]] std::vector<PostgresVersion> main_versions();

/// A collector with a driver of its own.
class Looker {
 public:
  explicit Looker(const std::string& url);

  /// A look that must succeed.
  [[nodiscard]] model::Snapshot look();
  /// Looks until the snapshot is as wanted, and returns it; throws naming `what` when patience ends.
  [[nodiscard]] model::Snapshot look_until(const std::function<bool(const model::Snapshot&)>& wanted,
                                           std::string_view what);

  Collector& operator*() noexcept { return collector_; }
  Collector* operator->() noexcept { return &collector_; }

 private:
  std::unique_ptr<Driver> driver_;
  Collector collector_;
};

/// The session of that pid; throws where there is none.
[[nodiscard]] const model::Session& session_of(const model::Snapshot& snapshot, std::int64_t pid);
[[nodiscard]] bool has_session(const model::Snapshot& snapshot, std::int64_t pid);

/// The one wait of that pid; throws where there is none.
[[nodiscard]] const model::Wait& wait_of(const model::Snapshot& snapshot, std::int64_t pid);

/// "RowExclusiveLock on shop.orders", sorted.
[[nodiscard]] std::vector<std::string> locks_of(const model::Session& session);

/// Pids of sessions, sorted; 0 for a prepared transaction.
[[nodiscard]] std::vector<std::int64_t> pids_of(const std::vector<model::SessionId>& sessions);
[[nodiscard]] std::vector<std::int64_t> pids_of(const std::vector<model::Holder>& holders);
[[nodiscard]] std::vector<std::int64_t> pids_of(const std::vector<Session>& sessions);

/// A server with a fresh schema: shop.orders (id, paid) with rows 1 to 10, shop.items empty.
class OnServer : public ::testing::TestWithParam<PostgresVersion> {
 protected:
  void SetUp() override;

  [[nodiscard]] PostgresServer& server() const { return shared_server(GetParam()); }
  [[nodiscard]] Session session(const std::string& application_name = "test") const {
    return Session(server().url(), application_name);
  }
  /// A session whose statement waits for a lock.
  [[nodiscard]] Session waiting_session(const std::string& sql);
  Session& observer() { return *observer_; }

 private:
  std::unique_ptr<Session> observer_;
};

}  // namespace lockkeeper::collect::postgres

#define LOCKKEEPER_ON_MAIN_VERSIONS(suite)                                  \
  INSTANTIATE_TEST_SUITE_P(On, suite, ::testing::ValuesIn(main_versions()), \
                           [](const auto& instance) { return instance.param.label; })
