// Looking at real servers of the MySQL family: one server a kind for all the cases of this program.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collect/mysql/collector.hpp"
#include "support/mysql_session.hpp"
#include "support/servers.hpp"

namespace lockkeeper::collect::mysql::testing {

using lockkeeper::testing::MysqlInstallation;
using lockkeeper::testing::MysqlServer;
using lockkeeper::testing::MysqlSession;

[[nodiscard]] inline Deadline soon() {
  return std::chrono::steady_clock::now() + lockkeeper::testing::default_patience;
}

/// A collector with a driver of its own.
class Looker {
 public:
  explicit Looker(const std::string& url);

  /// A look that must succeed.
  [[nodiscard]] model::Snapshot look();
  /// Looks until the snapshot is as wanted, and returns it; throws naming `what` when patience ends.
  [[nodiscard]] model::Snapshot look_until(const std::function<bool(const model::Snapshot&)>& wanted,
                                           std::string_view what);

  Collector* operator->() noexcept { return &collector_; }

 private:
  std::unique_ptr<Driver> driver_;
  Collector collector_;
};

/// The session of that connection id; throws where there is none.
[[nodiscard]] const model::Session& session_of(const model::Snapshot& snapshot, std::uint64_t id);
[[nodiscard]] bool has_session(const model::Snapshot& snapshot, std::uint64_t id);
/// The one wait of that connection; nullptr where there is none.
[[nodiscard]] const model::Wait* wait_of(const model::Snapshot& snapshot, std::uint64_t id);

/// A statement that blocks, on a session of its own, run by a thread that is joined at the end of the case.
class Waiter {
 public:
  Waiter(const MysqlServer& server, const std::string& sql);
  [[nodiscard]] std::uint64_t id() const noexcept { return session_->id(); }
  /// The server's error number; 0: it succeeded.
  unsigned int result() { return result_.get(); }

 private:
  std::shared_ptr<MysqlSession> session_;
  std::future<unsigned int> result_;
};

/// A server that collects all there is, with shop.post (id, n), rows 1 to 10, and no sessions of an earlier case.
class OnMysql : public ::testing::TestWithParam<MysqlInstallation> {
 protected:
  void SetUp() override;

  [[nodiscard]] static bool is_mariadb() { return GetParam().engine == lockkeeper::Engine::mariadb; }
  [[nodiscard]] MysqlServer& server() const;
  [[nodiscard]] MysqlSession session() const { return MysqlSession(server()); }
  MysqlSession& observer() { return *observer_; }

 private:
  std::unique_ptr<MysqlSession> observer_;
};

#define LOCKKEEPER_ON_MYSQL(suite)                                                                          \
  INSTANTIATE_TEST_SUITE_P(Servers, suite, ::testing::ValuesIn(lockkeeper::testing::mysql_installations()), \
                           [](const auto& server_info) { return server_info.param.label; })

}  // namespace lockkeeper::collect::mysql::testing
