// The observer's own session: invisible to itself, modest towards the server, one round trip a look.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <sstream>

#include <lockkeeper/postgres.hpp>
#include "collect/looking.hpp"
#include "collect/postgres/queries.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using lockkeeper::testing::wait_until;

class Observer : public OnServer {
 protected:
  // The one session called `lockkeeper`, once those of earlier cases have gone.
  std::int64_t only_lockkeeper() {
    const std::string query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'lockkeeper'";
    wait_until([&] { return observer().exec(query).size() == 1; }, lockkeeper::testing::default_patience,
               "only one lockkeeper to be connected");
    return std::stoll(observer().value(query));
  }
};
LOCKKEEPER_ON_MAIN_VERSIONS(Observer);

TEST_P(Observer, DoesNotSeeItselfButOthersDo) {
  Looker looker(server().url());
  static_cast<void>(looker.look());
  const std::int64_t pid = only_lockkeeper();
  const model::Snapshot snapshot = looker.look();
  EXPECT_FALSE(has_session(snapshot, pid));
  EXPECT_TRUE(has_session(snapshot, observer().pid()));
  EXPECT_TRUE(has_session(Looker(server().url()).look(), pid));
  EXPECT_EQ(only_lockkeeper(), pid) << "one connection for all looks";
}

TEST_P(Observer, IsIdleBetweenLooksAndHoldsNothing) {
  Looker looker(server().url());
  static_cast<void>(looker.look());
  const std::string pid = std::to_string(only_lockkeeper());
  EXPECT_EQ(observer().value("SELECT state FROM pg_stat_activity WHERE pid = " + pid), "idle");
  EXPECT_EQ(observer().value("SELECT xact_start IS NULL FROM pg_stat_activity WHERE pid = " + pid), "t");
  EXPECT_EQ(observer().value("SELECT count(*) FROM pg_locks WHERE pid = " + pid), "0");
}

TEST_P(Observer, SeesAtTheSecondLookWhatHasChanged) {
  Session client = session();
  Looker looker(server().url());
  EXPECT_EQ(session_of(looker.look(), client.pid()).state, model::SessionState::idle);
  client.exec("BEGIN");
  EXPECT_EQ(session_of(looker.look(), client.pid()).state, model::SessionState::idle_in_transaction);
  client.exec("COMMIT");
  EXPECT_EQ(session_of(looker.look(), client.pid()).state, model::SessionState::idle);
}

TEST_P(Observer, RunsUnderItsOwnSettings) {
  const auto driver = make_postgres_driver();
  const auto connection = driver->connect({.url = server().url(), .settings = session_settings()}, soon());
  for (const auto& [name, value] : session_settings()) {
    const Rows shown = connection->execute("SHOW " + name, soon());
    EXPECT_THAT(shown.cell(0, 0).value_or(""), ::testing::StartsWith(value)) << name << " (datestyle shows more)";
  }
  try {
    static_cast<void>(connection->execute("INSERT INTO shop.items VALUES (1)", soon()));
    FAIL() << "an observer wrote";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().sqlstate, "25006");
  }
}

// What the server logged of the observer's statements: the virtual transaction of each, in order.
std::vector<std::string> logged_transactions(const std::string& log, std::size_t from) {
  std::vector<std::string> transactions;
  std::istringstream lines(log.substr(from));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("lockkeeper|") || line.find("LOG:  execute") == std::string::npos) continue;
    const std::string rest = line.substr(line.find('|') + 1);
    transactions.push_back(rest.substr(0, rest.find('|')));
  }
  return transactions;
}

// The second look prepares its statements first; each other is its batch and nothing else.
TEST(ObserverLog, ALookIsOneBatchInOneTransactionWithNothingAroundIt) {
  PostgresServer server = PostgresServer::start(
      {.settings = {{"log_statement", "all"}, {"log_line_prefix", "%a|%v|"}, {"autovacuum", "off"}}});
  Looker looker(server.url());
  const std::size_t batch = look_statements(150000).size();
  std::size_t from = 0;
  for (int look = 1; look <= 4; ++look) {
    static_cast<void>(looker.look());
    wait_until([&] { return logged_transactions(server.log(), from).size() >= batch; },
               lockkeeper::testing::default_patience, "the look's statements in the log");
    const std::string log = server.log();
    EXPECT_EQ(log.find("LOG:  statement:", from), std::string::npos) << "no BEGIN, no SET";
    const auto transactions = logged_transactions(log, from);
    from = log.size();
    const std::set<std::string> distinct(transactions.begin(), transactions.end());
    if (look == 2) {
      EXPECT_EQ(distinct.size(), 2U) << "prepared once, in one batch";
      continue;
    }
    EXPECT_EQ(transactions.size(), batch) << "look " << look;
    EXPECT_EQ(distinct.size(), 1U) << "one implicit transaction: nothing was waited for between the statements";
  }
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
