// Server connections that die or hang while they lie idle in the pool: whoever comes next gets another one, and no
// error.
#include <csignal>
#include <string>
#include <vector>

#include "proxy/faults_stage.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// In session mode no connection lies idle: each client has its own, made for it.
std::vector<Setup> pooling_setups() { return {{"transaction", "io_uring", 15}, {"transaction", "epoll", 15}}; }

class IdleFaults : public Faults {};
INSTANTIATE_TEST_SUITE_P(Setups, IdleFaults, ::testing::ValuesIn(pooling_setups()),
                         [](const auto& tested) { return name_of(tested.param); });

// Two workers: a connection is asked where it lives, and may be needed elsewhere.
constexpr const char* checked_soon = "workers = 2\nserver_check_after = \"10ms\"\nconnect_timeout = \"6s\"\n";
constexpr milliseconds check_timeout{5000};  // The longest, where connect_timeout is longer still.

/// A server process that neither reads nor ends, until this goes.
class Stopped {
 public:
  explicit Stopped(const std::string& pid) : pid_(std::stoi(pid)) { ::kill(pid_, SIGSTOP); }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;
  ~Stopped() { ::kill(pid_, SIGCONT); }

 private:
  pid_t pid_;
};

/// Waits until whatever is idle now has been for longer than server_check_after.
void wait_until_stale() {
  const auto since = Clock::now();
  wait_until([&] { return Clock::now() - since > milliseconds(30); }, fault_patience, "connections to be idle");
}

std::string backend_of(RawClient& client) { return first_cell(client.ask("SELECT pg_backend_pid()", fault_patience)); }

TEST_P(IdleFaults, SessionsEndedWhileIdleFailNobody) {
  if (peer_stands_in()) GTEST_SKIP() << "its settings have other names";
  FaultsStage stage(GetParam(), 3, checked_soon);
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(stage.plain_client());
  for (int round = 0; round < 5; ++round) {
    for (RawClient& client : clients) EXPECT_EQ(first_error(client.ask("BEGIN", fault_patience)), "");
    for (RawClient& client : clients) EXPECT_EQ(first_error(client.ask("COMMIT", fault_patience)), "");
    wait_until_stale();
    stage.end_backends("");
    for (RawClient& client : clients) client.send(query("SELECT 'fine'"));
    for (RawClient& client : clients) {
      const Messages answer = client.read_until('Z', 1, fault_patience);
      EXPECT_EQ(first_cell(answer), "fine") << show(answer, "  ");
    }
  }
  stage.expect_none_lost();
}

TEST_P(IdleFaults, AServerThatHangsHoldsNobodyUp) {
  if (peer_stands_in()) GTEST_SKIP() << "its settings have other names";
  FaultsStage stage(GetParam(), 2, checked_soon);
  RawClient client = stage.plain_client();
  const std::string hanging = backend_of(client);
  wait_until_stale();
  const Stopped stopped(hanging);
  const auto asked = Clock::now();
  const std::string other = backend_of(client);
  EXPECT_NE(other, "") << "an error, or no answer";
  EXPECT_NE(other, hanging);
  EXPECT_LT(Clock::now() - asked, check_timeout) << "there was room for another connection all the time";
  wait_until([&] { return stage.proxy.log().find("gave no sign of life") != std::string::npos; }, default_patience,
             "the hanging connection to be closed");
  wait_until([&] { return stage.proxy.pools().servers() == stage.backends() - 1; }, fault_patience,
             "the hanging one to be no more of the pool");
}

TEST_P(IdleFaults, AHangingServerLeavesAFullPoolInTimeAndTheQueueKeepsItsOrder) {
  if (peer_stands_in()) GTEST_SKIP() << "its settings have other names";
  FaultsStage stage(GetParam(), 1, checked_soon);
  RawClient first = stage.plain_client(), second = stage.plain_client();
  const std::string hanging = backend_of(first);
  wait_until_stale();
  const Stopped stopped(hanging);
  first.send(query("INSERT INTO item VALUES (100, (SELECT count(*) FROM item))"));
  wait_until([&] { return stage.proxy.pools().clients_waiting == 1; }, fault_patience, "the first to wait");
  second.send(query("INSERT INTO item VALUES (101, (SELECT count(*) FROM item))"));
  EXPECT_EQ(first_error(first.read_until('Z', 1, default_patience)), "");
  EXPECT_EQ(first_error(second.read_until('Z', 1, default_patience)), "");
  EXPECT_EQ(stage.admin.value("SELECT string_agg(id::text, ' ' ORDER BY price) FROM item WHERE id >= 100"), "100 101");
}

TEST_P(IdleFaults, ThoseThatLiveAreFoundAmongThoseThatHang) {
  if (peer_stands_in()) GTEST_SKIP() << "its settings have other names";
  FaultsStage stage(GetParam(), 2, checked_soon);
  RawClient one = stage.plain_client(), two = stage.plain_client();
  one.ask("BEGIN");
  const std::string alive = backend_of(two), hanging = backend_of(one);
  one.ask("COMMIT");  // Given back last, so it is the first to be asked.
  wait_until_stale();
  const Stopped stopped(hanging);
  const auto asked = Clock::now();
  EXPECT_EQ(backend_of(two), alive);
  EXPECT_LT(Clock::now() - asked, check_timeout);
}

TEST_P(IdleFaults, BeingAskedLeavesASessionAsItWas) {
  if (peer_stands_in()) GTEST_SKIP() << "its settings have other names";
  FaultsStage stage(GetParam(), 1, checked_soon);
  RawClient client = stage.plain_client();
  client.send({parse("", "SELECT 'unnamed'"), parse("named", "SELECT 'named'"), sync()});
  EXPECT_EQ(first_error(client.read_until('Z', 1, fault_patience)), "");
  const std::string backend = stage.admin.value(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
  for (int round = 0; round < 3; ++round) {
    wait_until_stale();
    client.send({bind_to("", ""), execute(), bind_to("", "named"), execute(), sync()});
    const Messages answer = client.read_until('Z', 1, fault_patience);
    EXPECT_EQ(first_error(answer), "") << show(answer, "  ");
    EXPECT_EQ(count_of(answer, 'D'), 2);
  }
  EXPECT_EQ(backend_of(client), backend) << "a live connection was closed";
}

}  // namespace
}  // namespace lockkeeper::testing
