// `lockkeeper run` over time, on real servers: what it looks at, keeps, does by itself, and survives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <fstream>

#include "daemon/running_daemon.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string watched(const std::string& name, const PostgresServer& server) {
  return "[servers." + name + "]\nurl = \"" + server.url() + "\"\n";
}

/// A client of an ordinary role that has left a transaction open.
class Leak {
 public:
  explicit Leak(const PostgresServer& server) : session_(server.url("postgres", "app")) {
    session_.exec("SET application_name = 'webhook'");
    session_.exec("BEGIN; SELECT 1");  // As one: a policy may be faster than we are.
  }

 private:
  Session session_;
};

class Daemon : public ::testing::Test {
 protected:
  void SetUp() override { Session(server_.url()).exec("CREATE ROLE app LOGIN"); }

  [[nodiscard]] int sessions_of_webhook() const {
    return std::stoi(
        Session(server_.url()).value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'webhook'"));
  }
  /// The proxy in front of the server, which is also looked at.
  [[nodiscard]] std::string recorded() const {
    return "[databases.\"*\"]\nport = " + std::to_string(server_.port()) + "\n[proxy]\nlisten = [\"127.0.0.1:0\"]\n" +
           watched("shop", server_);
  }
  [[nodiscard]] std::string through_the_recorder() const { return daemon_.recorder_url("app", "webhook"); }
  /// A policy that ends what is idle for a second.
  [[nodiscard]] static std::string policy(bool enabled) {
    return std::string("[policies.forgotten]\nrule = \"idle-transaction\"\nmin_age = \"1s\"\nenabled = ") +
           (enabled ? "true" : "false") + "\n";
  }
  [[nodiscard]] std::vector<std::string> outcomes() const {
    std::vector<std::string> lines;
    for (const auto& entry : daemon_.audit()) {
      if (entry.at("actor") == "policy forgotten" && entry.at("phase") == "outcome")
        lines.emplace_back(entry.at("outcome").as_string());
    }
    return lines;
  }

  PostgresServer server_ = PostgresServer::start();
  RunningDaemon daemon_;
};

TEST_F(Daemon, LooksAtSeveralServersAndMissesOneThatGoes) {
  PostgresServer other = PostgresServer::start();
  daemon_.configure(watched("shop", server_) + watched("blog", other));
  daemon_.start();
  daemon_.until([&] { return daemon_.ask(test::get("/readyz")).status == 200; }, "both looked at");
  const auto status = daemon_.json("/api/v1/status");
  ASSERT_THAT(status.at("servers").as_array(), SizeIs(2));
  EXPECT_EQ(status.at("servers").at(0).at("name"), "blog");
  EXPECT_EQ(status.at("servers").at(1).at("product"), "PostgreSQL");
  EXPECT_EQ(status.at("history"), true);

  other.stop(StopMode::immediate);
  daemon_.until([&] { return daemon_.finds("blog", "server-unreachable"); }, "the server to be missed");
  EXPECT_FALSE(daemon_.finds("shop", "server-unreachable"));
  EXPECT_EQ(daemon_.ask(test::get("/healthz")).status, 200);
  other.start_again();
  daemon_.until([&] { return !daemon_.finds("blog", "server-unreachable"); }, "the server to be back");
  daemon_.until([&] { return daemon_.log().contains("blog: the server can be looked at again"); },
                "the log, which is written behind what is shown");
  EXPECT_THAT(daemon_.log(), HasSubstr("blog: the server cannot be looked at"));
  daemon_.stop();
}

TEST_F(Daemon, APolicyIsADryRunUntilTheFileSaysOtherwise) {
  daemon_.configure(watched("shop", server_) + policy(false));
  daemon_.start();
  const Leak leak(server_);
  daemon_.until([&] { return !outcomes().empty(); }, "a decision");
  EXPECT_THAT(outcomes(), ElementsAre("would_terminate"));
  EXPECT_EQ(sessions_of_webhook(), 1);

  std::filesystem::remove(daemon_.file("lockkeeper.toml"));
  daemon_.configure(watched("shop", server_) + policy(true));
  daemon_.signal(SIGHUP);
  daemon_.until([&] { return daemon_.log().contains("configuration reloaded: policies.forgotten.enabled"); },
                "the reload");
  const Leak another(server_);
  daemon_.until([&] { return outcomes().size() == 3; }, "deeds");
  EXPECT_THAT(outcomes(), ElementsAre("would_terminate", "terminated", "terminated"));
  EXPECT_EQ(sessions_of_webhook(), 0);
  daemon_.stop();
  EXPECT_THAT(daemon_.log(), HasSubstr("policy forgotten on shop: terminated session"));
}

TEST_F(Daemon, WhatHappenedIsInTheHistory) {
  daemon_.configure(watched("shop", server_) + policy(true));
  daemon_.start();
  {
    const Leak leak(server_);
    daemon_.until([&] { return outcomes().size() == 1; }, "its end");
  }
  daemon_.until([&] { return !daemon_.finds("shop", "idle-transaction"); }, "the finding's end");
  daemon_.stop();
  const CommandResult result =
      run_command({LOCKKEEPER_PROGRAM, "history", "--file", daemon_.file("history.sqlite"), "--last", "1h", "--json"},
                  std::nullopt, default_patience);
  ASSERT_EQ(result.status, 0) << result.output;
  const auto history = boost::json::parse(result.output);
  ASSERT_THAT(history.at("findings").as_array(), SizeIs(1));
  EXPECT_EQ(history.at("findings").at(0).at("rule"), "idle-transaction");
  EXPECT_FALSE(history.at("findings").at(0).at("ended_at").is_null());
  ASSERT_THAT(history.at("actions").as_array(), SizeIs(1));
  EXPECT_EQ(history.at("actions").at(0).at("actor"), "policy forgotten");
  EXPECT_EQ(history.at("actions").at(0).at("outcome"), "terminated");
}

// More gaps than it takes to know what is normal, through the recorder, which sees each.
TEST_F(Daemon, WhatWasLearntSurvivesARestart) {
  daemon_.configure(recorded());
  daemon_.start();
  Session client(through_the_recorder());
  for (int i = 0; i < 40; ++i) {
    client.exec("BEGIN");
    client.exec("SELECT 1");
    client.exec("COMMIT");
  }
  const auto learnt = [&] {
    const auto shapes = daemon_.json("/api/v1/servers/shop/shapes");
    return std::ranges::any_of(shapes.at("shapes").as_array(), [](const boost::json::value& shape) {
      return shape.at("application") == "webhook" && shape.at("completed").as_int64() >= 30;
    });
  };
  daemon_.until(learnt, "the gaps to be learnt");
  daemon_.stop();
  daemon_.start();
  daemon_.until([&] { return daemon_.ask(test::get("/readyz")).status == 200; }, "the first look");
  EXPECT_TRUE(learnt()) << "before anything new was seen: "
                        << daemon_.ask(test::get("/api/v1/servers/shop/shapes")).body;
}

TEST_F(Daemon, SaysAllThatIsWrongAtOnce) {
  write_file(daemon_.file("history.sqlite"), "this is no database, but somebody's letters\n");
  daemon_.configure(watched("shop", server_));
  EXPECT_THAT([&] { daemon_.start(); },
              ::testing::ThrowsMessage<std::runtime_error>(HasSubstr("the history cannot be kept")));
  const CommandResult check =
      run_command({LOCKKEEPER_PROGRAM, "run", "--config", daemon_.file("lockkeeper.toml"), "--check"}, std::nullopt,
                  default_patience);
  EXPECT_EQ(check.status, 0) << "the file itself is right: " << check.output;
}

TEST_F(Daemon, UnknownRulesAndUrlsThatCannotBePostedToAreToldBeforeItStarts) {
  daemon_.configure(watched("shop", server_) +
                    "[policies.p]\nrule = \"idle-transactoin\"\n[alerts.a]\nurl = \"http://u:p@x/\"\n");
  const CommandResult check =
      run_command({LOCKKEEPER_PROGRAM, "run", "--config", daemon_.file("lockkeeper.toml"), "--check"}, std::nullopt,
                  default_patience);
  EXPECT_EQ(check.status, 2);
  EXPECT_THAT(check.output,
              AllOf(HasSubstr("there is no rule \"idle-transactoin\"; did you mean \"idle-transaction\"?"),
                    HasSubstr("[alerts.a]: url: a name or password in it is not sent: use token_file")));
}

TEST_F(Daemon, ARecorderAndTheLookAtItsServerAreJoined) {
  daemon_.configure(recorded());
  daemon_.start();
  Session client(through_the_recorder());
  client.exec("BEGIN");
  client.exec("SELECT 1");
  client.exec("SELECT 2");
  const auto transactions = [&] { return daemon_.json("/api/v1/servers/shop/transactions"); };
  // A look may have come between two statements, or be a moment older than the record.
  boost::json::value transaction;
  const auto told_whole = [&] {
    const auto seen = transactions();
    if (seen.at("recorded") != true || seen.at("transactions").as_array().empty()) return false;
    transaction = seen.at("transactions").at(0);
    return transaction.at("statements") == 3;
  };
  daemon_.until(told_whole, "the transaction with its three statements");
  EXPECT_EQ(transaction.at("application"), "webhook");
  EXPECT_EQ(transaction.at("pid").as_int64(), std::stoi(client.value("SELECT pg_backend_pid()")));
  EXPECT_THAT(daemon_.json("/api/v1/servers/recorder/transactions").at("transactions").as_array(), IsEmpty())
      << "they are the server's";
  EXPECT_THAT(daemon_.json("/api/v1/servers/shop/pools").at("pools").as_array(), SizeIs(1));
}

/// What systemd would be told.
class NotifySocket {
 public:
  NotifySocket()
      : path_((folder_.path() / "notify").string()), file_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(file_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot bind " + path_);
  }
  ~NotifySocket() { ::close(file_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  [[nodiscard]] std::string environment() const { return "NOTIFY_SOCKET=" + path_; }

  /// The next datagram's first line.
  [[nodiscard]] std::string next() const {
    char bytes[256];
    ssize_t size = -1;
    wait_until([&] { return (size = ::recv(file_, bytes, sizeof bytes, 0)) > 0; }, default_patience, "a notification");
    const std::string text(bytes, static_cast<std::size_t>(size));
    return text.substr(0, text.find('\n'));
  }

 private:
  TemporaryFolder folder_;
  std::string path_;
  int file_;
};

TEST_F(Daemon, TellsTheServiceManagerHowItIs) {
  const NotifySocket manager;
  daemon_.configure(watched("shop", server_));
  daemon_.start({manager.environment()});
  EXPECT_EQ(manager.next(), "READY=1");
  daemon_.signal(SIGHUP);
  EXPECT_EQ(manager.next(), "RELOADING=1");
  EXPECT_EQ(manager.next(), "READY=1");
  daemon_.stop();
  EXPECT_EQ(manager.next(), "STOPPING=1");
}

TEST_F(Daemon, AnApplicationsLogTellsWhatItsPoolLacks) {
  const std::string log = daemon_.file("webhook.log");
  const auto append = [&](const std::string& waited) {
    std::ofstream(log, std::ios::app) << "ERROR shop - HikariPool-1 - Connection is not available, request timed out "
                                         "after "
                                      << waited << "ms (total=2, active=2, idle=0, waiting=0)\n";
  };
  daemon_.configure(watched("shop", server_) + "[logs.webhook]\nfile = \"webhook.log\"\n");
  daemon_.start();
  EXPECT_THAT(daemon_.log(), HasSubstr("webhook.log: it cannot be read: there is no such file"));
  Session observer(server_.url());
  std::deque<Session> holders;
  for (int session = 0; session < 2; ++session) {
    Session& holder = holders.emplace_back(server_.url("postgres", "app"));
    holder.exec("SET application_name = 'webhook'");
    holder.exec("BEGIN");
    holder.exec("SELECT 1");
  }
  const std::string silent =
      "SELECT coalesce(min(1000 * extract(epoch FROM clock_timestamp() - state_change))::int, 0) FROM "
      "pg_stat_activity WHERE application_name = 'webhook' AND state = 'idle in transaction'";
  daemon_.until([&] { return std::stoi(observer.value(silent)) > 3'500; }, "both to be silent for a few looks");
  const std::string waited = observer.value(silent);
  for (Session& holder : holders) holder.exec("ROLLBACK");
  append(waited);
  append(std::to_string(std::stoi(waited) + 1));
  daemon_.until([&] { return daemon_.finds("shop", "pool-exhausted"); }, "what the log says");
  daemon_.until([&] { return daemon_.finds("shop", "pool-deadlock"); }, "who held and who waited to be the same");
  EXPECT_THAT(daemon_.log(), HasSubstr("webhook.log: it is read"));
  daemon_.stop();
}

}  // namespace
}  // namespace lockkeeper::testing
