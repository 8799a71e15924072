// The console of a running proxy, over a real connection, with clients beside it that do what is to be seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>

#include "proxy/config_parse.hpp"
#include "proxy/config_url.hpp"
#include "proxy/console/tables.hpp"
#include "proxy/running_proxy.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::proxy {
namespace {

using namespace std::chrono_literals;
using console::Kind;
using testing::default_patience;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Session;
using testing::SessionError;
using testing::Table;
using testing::wait_until;

std::size_t column(Kind kind, std::string_view name) {
  const auto columns = console::columns_of(kind);
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end()) throw std::logic_error("no column " + std::string(name));
  return static_cast<std::size_t>(found - columns.begin());
}

using Line = std::vector<std::optional<std::string>>;

std::string cell(const Line& line, Kind kind, std::string_view name) {
  return line.at(column(kind, name)).value_or("NULL");
}

// Of the rows whose `name` is `value`, one; nullopt: there is none.
std::optional<Line> line_where(const Table& table, Kind kind, std::string_view name, std::string_view value) {
  for (const Line& each : table) {
    if (cell(each, kind, name) == value) return each;
  }
  return std::nullopt;
}

class ConsoleServer : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder;
  Running running{transaction_mode(folder)};

  [[nodiscard]] Session client(const std::string& application) const {
    return Session(running.url("postgres"), application);
  }
  static std::optional<Line> holder(Session& console, std::string_view application) {
    return line_where(console.exec("SHOW HOLDERS"), Kind::show_holders, "application", application);
  }
  // How the transactions of an application ended.
  [[nodiscard]] std::vector<model::TransactionEnd> ends_of(std::string_view application) const {
    return ends_of(application, running);
  }
  static std::vector<model::TransactionEnd> ends_of(std::string_view application, const Running& running) {
    std::vector<model::TransactionEnd> ends;
    for (const model::Fact& fact : running.proxy->recording(default_patience).facts) {
      const auto* over = std::get_if<model::TransactionOver>(&fact.what);
      if (over != nullptr && over->client->application == application) ends.push_back(over->end);
    }
    return ends;
  }
  static std::string pool_cell(Session& console, std::string_view name) {
    const auto line = line_where(console.exec("SHOW POOLS"), Kind::show_pools, "database", "postgres");
    return line ? cell(*line, Kind::show_pools, name) : "no pool";
  }
};

TEST_F(ConsoleServer, EveryShowAnswersWithItsColumns) {
  Session worker = client("worker");
  worker.exec("BEGIN; SELECT 1");
  Session console = running.console();
  const std::string id =
      cell(*line_where(console.exec("SHOW TRANSACTIONS"), Kind::show_transactions, "application", "worker"),
           Kind::show_transactions, "id");
  for (const console::CommandInfo& each : console::commands()) {
    const auto columns = console::columns_of(each.kind);
    if (columns.empty() || each.kind == Kind::show_recording) continue;  // that one wants a conductor
    std::string sql(each.name);
    if (each.argument == console::Argument::transaction) sql += " " + id;
    const Table table = console.exec(sql);
    for (const Line& line : table) EXPECT_EQ(line.size(), columns.size()) << sql;
    const bool may_be_empty = each.kind == Kind::show_findings || each.kind == Kind::show_waits;
    EXPECT_TRUE(may_be_empty || !table.empty()) << sql;
  }
  EXPECT_EQ(console.value("SHOW VERSION"), "lockkeeper 0.1.0");
}

TEST_F(ConsoleServer, ARecordingIsGivenByWhoeverConducts) {
  Session console = running.console();
  Session impatient = running.console();
  EXPECT_FALSE(running.proxy->wants_dump());
  impatient.send("SHOW RECORDING");
  wait_until([&] { return running.proxy->wants_dump(); }, default_patience, "a wish");
  impatient.abort();
  running.proxy->give_dump("of nobody's any more\n");
  console.send("SHOW RECORDING");
  wait_until([&] { return running.proxy->wants_dump(); }, default_patience, "another");
  running.proxy->give_dump("one\ntwo\n");
  EXPECT_EQ(console.finish(), (Table{{"one"}, {"two"}}));
  EXPECT_EQ(console.value("SHOW VERSION"), "lockkeeper 0.1.0");
}

TEST_F(ConsoleServer, ClientsOfAllWorkersAreShown) {
  std::vector<Session> clients;
  for (int number = 0; number < 12; ++number) clients.push_back(client("many"));
  Session console = running.console();
  const Table table = console.exec("SHOW CLIENTS");
  EXPECT_EQ(std::ranges::count_if(
                table, [](const Line& line) { return cell(line, Kind::show_clients, "application_name") == "many"; }),
            12);
  const auto own = line_where(table, Kind::show_clients, "database", "pgbouncer");
  ASSERT_TRUE(own);
  EXPECT_EQ(cell(*own, Kind::show_clients, "application_name"), "console");
  EXPECT_EQ(pool_cell(console, "cl_active"), "12");
}

TEST_F(ConsoleServer, RolesAreChecked) {
  Session exporter = running.console("exporter", "look");
  EXPECT_EQ(exporter.try_exec("SHOW STATS"), "00000");
  for (const char* sql : {"PAUSE", "RESUME", "RELOAD", "RECONNECT", "KILL postgres", "KILL_CLIENT 1"})
    EXPECT_EQ(exporter.try_exec(sql), "42501") << sql;
  EXPECT_EQ(exporter.try_exec("SHOW HOLDERS"), "00000");
  const auto refusal = [&](const std::string& user, const std::string& password) -> std::string {
    try {
      const Session console = running.console(user, password);
    } catch (const SessionError& error) {
      return error.what();
    }
    return "came in";
  };
  EXPECT_THAT(refusal("stranger", "there"), HasSubstr("neither among admin_users nor among stats_users"));
  EXPECT_THAT(refusal("postgres", "wrong"), HasSubstr("password authentication failed"));
  EXPECT_THAT(refusal("unheard-of", "x"), HasSubstr("password authentication failed"));
}

TEST_F(ConsoleServer, WrongCommandsKeepItOpen) {
  Session console = running.console();
  EXPECT_EQ(console.try_exec("SHOW HOLDRS"), "42601");
  EXPECT_EQ(console.try_exec("SELECT 1"), "42601");
  EXPECT_EQ(console.try_exec("SHUTDOWN"), "0A000");
  EXPECT_EQ(console.try_exec("KILL_CLIENT 12345"), "42704");
  EXPECT_EQ(console.try_exec("SHOW STATEMENTS 12345"), "42704");
  EXPECT_EQ(console.try_exec("PAUSE pgbouncer"), "22023");
  EXPECT_EQ(console.try_exec("PAUSE nobody_was_there"), "55000");
  EXPECT_EQ(console.try_exec("KILL nobody_was_there"), "55000");
  EXPECT_EQ(console.try_exec("SHOW STATE"), "00000");
}

TEST_F(ConsoleServer, ATransactionLeftOpenIsToldAndEnded) {
  Session direct(server().url());
  direct.exec("DROP TABLE IF EXISTS posts; CREATE TABLE posts (id int PRIMARY KEY, state text)");
  Session publisher = client("publisher");
  publisher.exec("BEGIN");
  publisher.exec("INSERT INTO posts VALUES (1, 'draft'), (2, 'draft')");
  publisher.exec("SELECT count(*) FROM posts WHERE state = 'draft'");
  Session console = running.console();
  const auto held = holder(console, "publisher");
  ASSERT_TRUE(held);
  const auto of_holder = [&](std::string_view name) { return cell(*held, Kind::show_holders, name); };
  EXPECT_EQ(of_holder("state"), "idle in transaction");
  EXPECT_EQ(of_holder("user"), "postgres");
  EXPECT_EQ(of_holder("statements"), "3");
  EXPECT_THAT(of_holder("last_statement"), HasSubstr("FROM posts"));
  EXPECT_THAT(of_holder("last_statement"), ::testing::Not(HasSubstr("draft")));
  EXPECT_EQ(direct.value("SELECT state FROM pg_stat_activity WHERE pid = " + of_holder("server_pid")),
            "idle in transaction");
  const auto transaction =
      line_where(console.exec("SHOW TRANSACTIONS"), Kind::show_transactions, "application", "publisher");
  ASSERT_TRUE(transaction);
  EXPECT_EQ(cell(*transaction, Kind::show_transactions, "rows_written"), "2");
  const std::string id = cell(*transaction, Kind::show_transactions, "id");
  const Table statements = console.exec("SHOW STATEMENTS " + id);
  ASSERT_EQ(statements.size(), 3U);
  EXPECT_THAT(cell(statements[1], Kind::show_statements, "statement"), HasSubstr("INSERT INTO posts"));
  EXPECT_EQ(cell(statements[1], Kind::show_statements, "rows"), "2");
  EXPECT_EQ(console.exec("SHOW STATEMENTS " + of_holder("client")).size(), 3U);

  console.exec("KILL_CLIENT " + of_holder("client"));
  EXPECT_THROW(publisher.exec("COMMIT"), SessionError);
  wait_until([&] { return !holder(console, "publisher"); }, default_patience, "the server connection to be free");
  EXPECT_EQ(direct.value("SELECT count(*) FROM posts"), "0");
  EXPECT_EQ(console.try_exec("SHOW STATEMENTS " + id), "42704");
  EXPECT_THAT(ends_of("publisher"), ElementsAre(model::TransactionEnd::terminated)) << "it was ended, and has not left";
}

TEST_F(ConsoleServer, WhoLeavesAndWhoIsEndedAreToldApart) {
  Config config = transaction_mode(folder);
  config.proxy.idle_transaction_timeout = 50ms;
  const Running strict(config);
  Session sleeper(strict.url("postgres"), "sleeper");
  sleeper.exec("BEGIN");
  wait_until([&] { return !ends_of("sleeper", strict).empty(); }, default_patience, "the timeout");
  EXPECT_THAT(ends_of("sleeper", strict), ElementsAre(model::TransactionEnd::terminated));
  Session leaver = client("leaver");
  leaver.exec("BEGIN");
  leaver.abort();
  wait_until([&] { return !ends_of("leaver").empty(); }, default_patience, "its end to be seen");
  EXPECT_THAT(ends_of("leaver"), ElementsAre(model::TransactionEnd::abandoned));
}

TEST_F(ConsoleServer, PauseWaitsForTransactionsAndResumeEndsIt) {
  Session worker = client("worker");
  worker.exec("BEGIN");
  Session console = running.console();
  Session other = running.console();
  console.send("PAUSE");
  wait_until([&] { return other.exec("SHOW STATE")[1][1] == "yes"; }, default_patience, "the pools to be paused");
  EXPECT_TRUE(console.is_busy());
  EXPECT_EQ(worker.value("SELECT 1"), "1") << "the open transaction goes on";
  worker.exec("COMMIT");
  console.finish();
  EXPECT_EQ(pool_cell(other, "sv_idle"), "0");
  worker.send("SELECT 2");
  wait_until([&] { return pool_cell(other, "cl_waiting") == "1"; }, default_patience, "the client to wait");
  console.exec("RESUME");
  EXPECT_EQ(worker.finish()[0][0], "2");
  EXPECT_EQ(other.exec("SHOW STATE")[0][1], "yes");
}

TEST_F(ConsoleServer, APauseWhoseClientHasGoneIsUndone) {
  Session worker = client("worker");
  worker.exec("BEGIN");
  Session other = running.console();
  {
    Session console = running.console();
    console.send("PAUSE postgres");
    wait_until([&] { return other.exec("SHOW STATE")[1][1] == "yes"; }, default_patience, "the pools to be paused");
    console.abort();
  }
  wait_until([&] { return other.exec("SHOW STATE")[0][1] == "yes"; }, default_patience, "the pools to go on");
  worker.exec("COMMIT");
  EXPECT_EQ(worker.value("SELECT 1"), "1");
}

TEST_F(ConsoleServer, KillEndsADatabasesClientsAndPausesIt) {
  Session worker = client("worker");
  Session busy = client("busy");
  worker.exec("BEGIN; SELECT 1");
  busy.exec("SELECT 1");
  Session console = running.console();
  console.exec("KILL postgres");
  EXPECT_THROW(worker.exec("SELECT 1"), SessionError);
  EXPECT_THROW(busy.exec("SELECT 1"), SessionError);
  wait_until([&] { return console.exec("SHOW HOLDERS").empty(); }, default_patience, "nobody to hold anything");
  Session late = client("late");
  late.send("SELECT 1");
  wait_until([&] { return pool_cell(console, "cl_waiting") == "1"; }, default_patience, "the newcomer to wait");
  console.exec("RESUME postgres");
  EXPECT_EQ(late.finish()[0][0], "1");
}

TEST_F(ConsoleServer, ReconnectMakesNewServerConnections) {
  Session worker = client("worker");
  const std::string before = worker.value("SELECT pg_backend_pid()");
  Session console = running.console();
  console.exec("RECONNECT");
  EXPECT_NE(worker.value("SELECT pg_backend_pid()"), before);
}

TEST(ConsoleReload, CallsWhoeverReadsTheConfiguration) {
  const testing::TemporaryFolder folder;
  const auto config = transaction_mode(folder);
  // A reload checks the port too, and 0 is none that a file could have.
  const std::string port = Running(config).port;
  const Running running(config, port);
  Session console = running.console();
  EXPECT_EQ(console.try_exec("RELOAD"), "0A000") << "there is nobody";
  running.proxy->on_reload([&]() -> std::string {
    Config next = config;
    next.proxy.max_clients = 77;
    const auto plan = running.proxy->reload(next);
    return plan ? "" : plan.error();
  });
  console.exec("RELOAD");
  const auto line = line_where(console.exec("SHOW CONFIG"), Kind::show_config, "key", "max_client_conn");
  ASSERT_TRUE(line);
  EXPECT_EQ(cell(*line, Kind::show_config, "value"), "77");
  running.proxy->on_reload([] { return std::string("proxy.toml:3: no"); });
  EXPECT_EQ(console.try_exec("RELOAD"), "F0000");
}

TEST_F(ConsoleServer, FindingsAreThoseThatWerePublished) {
  Session console = running.console();
  EXPECT_TRUE(console.exec("SHOW FINDINGS").empty());
  model::Diagnosis diagnosis;
  diagnosis.findings.emplace_back().title = "something is wrong";
  running.proxy->publish(diagnosis);
  EXPECT_EQ(cell(console.exec("SHOW FINDINGS").at(0), Kind::show_findings, "title"), "something is wrong");
}

TEST_F(ConsoleServer, ADrainEndsIt) {
  Session console = running.console();
  EXPECT_TRUE(running.proxy->drain(default_patience, [] { return false; }));
  EXPECT_THROW(console.exec("SHOW STATE"), SessionError);
}

// --- What Session cannot say ---

struct Connection {
  explicit Connection(const std::string& url) : connection(PQconnectdb(url.c_str()), &PQfinish) {
    if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;
  [[nodiscard]] Result with_protocol(const char* sql, bool binary) const {
    return {PQexecParams(connection.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, binary ? 1 : 0), &PQclear};
  }
  [[nodiscard]] const char* parameter(const char* name) const { return PQparameterStatus(connection.get(), name); }
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection;
};

TEST_F(ConsoleServer, TheExtendedProtocol) {
  const Connection console(running.url("pgbouncer"));
  for (const bool binary : {false, true}) {
    const auto result = console.with_protocol("SHOW VERSION", binary);
    ASSERT_EQ(PQresultStatus(result.get()), PGRES_TUPLES_OK) << PQresultErrorMessage(result.get());
    EXPECT_STREQ(PQgetvalue(result.get(), 0, 0), "lockkeeper 0.1.0");
  }
  EXPECT_EQ(PQresultStatus(console.with_protocol("RESUME", false).get()), PGRES_COMMAND_OK);
  EXPECT_EQ(PQresultStatus(console.with_protocol("SHOW nothing", false).get()), PGRES_FATAL_ERROR);
  EXPECT_EQ(PQresultStatus(console.with_protocol("SHOW LISTS", false).get()), PGRES_TUPLES_OK);
}

TEST_F(ConsoleServer, ItGreetsLikeAServer) {
  const Connection console(running.url("pgbouncer"));
  EXPECT_STREQ(console.parameter("server_version"), "0.1.0/lockkeeper");
  EXPECT_STREQ(console.parameter("client_encoding"), "UTF8");
  EXPECT_STREQ(console.parameter("standard_conforming_strings"), "on");
  EXPECT_STREQ(console.parameter("DateStyle"), "ISO");
  EXPECT_NE(PQbackendPID(console.connection.get()), 0);
}

TEST_F(ConsoleServer, ACancelEndsAPause) {
  Session worker = client("worker");
  worker.exec("BEGIN");
  const Connection console(running.url("pgbouncer"));
  PGconn* connection = console.connection.get();
  ASSERT_EQ(PQsendQuery(connection, "PAUSE"), 1);
  Session other = running.console();
  wait_until([&] { return other.exec("SHOW STATE")[1][1] == "yes"; }, default_patience, "the pools to be paused");
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(connection), &PQfreeCancel);
  std::array<char, 256> error{};
  ASSERT_EQ(PQcancel(cancel.get(), error.data(), static_cast<int>(error.size())), 1) << error.data();
  const Connection::Result result(PQgetResult(connection), &PQclear);
  EXPECT_STREQ(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE), "57014");
  EXPECT_EQ(other.exec("SHOW STATE")[0][1], "yes");
  EXPECT_EQ(worker.value("SELECT 1"), "1");
}

// Whoever does not answer in time is left out, and nobody is held up for longer.
TEST_F(ConsoleServer, AStuckWorkerIsLeftOut) {
  Session watch = running.console();
  std::vector<std::unique_ptr<Connection>> consoles;
  const auto worker_of = [&](const std::string& application) {
    const auto line = line_where(watch.exec("SHOW CLIENTS"), Kind::show_clients, "application_name", application);
    return std::stoull(cell(line.value(), Kind::show_clients, "id")) >> 48U;  // As the workers name their clients.
  };
  std::array<Connection*, 2> of_worker{};
  for (int number = 0; number < 200 && (of_worker[0] == nullptr || of_worker[1] == nullptr); ++number) {
    const std::string name = "console" + std::to_string(number);
    consoles.push_back(std::make_unique<Connection>(running.url("pgbouncer") + "?application_name=" + name));
    of_worker.at(worker_of(name)) = consoles.back().get();
  }
  ASSERT_TRUE(of_worker[0] != nullptr && of_worker[1] != nullptr);
  std::atomic<bool> stuck = false;
  std::promise<void> release;
  running.proxy->on_reload([&stuck, freed = release.get_future().share()] {
    stuck = true;
    freed.wait_for(default_patience);
    return std::string();
  });
  ASSERT_EQ(PQsendQuery(of_worker[0]->connection.get(), "RELOAD"), 1);
  wait_until([&] { return stuck.load(); }, default_patience, "the worker to be stuck");
  std::string notices;
  PQsetNoticeProcessor(
      of_worker[1]->connection.get(), [](void* into, const char* text) { *static_cast<std::string*>(into) += text; },
      &notices);
  const Connection::Result answer(PQexec(of_worker[1]->connection.get(), "SHOW CLIENTS"), &PQclear);
  release.set_value();
  EXPECT_EQ(PQresultStatus(answer.get()), PGRES_TUPLES_OK);
  EXPECT_GT(PQntuples(answer.get()), 0);
  EXPECT_THAT(notices, HasSubstr("1 worker did not answer within a second"));
  const Connection::Result reloaded(PQgetResult(of_worker[0]->connection.get()), &PQclear);
  EXPECT_EQ(PQresultStatus(reloaded.get()), PGRES_COMMAND_OK);
}

// --- Ways in ---

TEST(ConsoleWaysIn, AFullProxyLetsTheConsoleIn) {
  const testing::TemporaryFolder folder;
  Config config = transaction_mode(folder);
  config.proxy.max_clients = 1;
  const Running running(config);
  Session only(running.url("postgres"), "only");
  EXPECT_THROW(Session(running.url("postgres"), "more"), SessionError);
  EXPECT_EQ(running.console().exec("SHOW CLIENTS").size(), 2U);
}

Config of_url(const std::string& password) {
  const Surroundings empty{[](std::string_view) { return std::nullopt; },
                           [](const std::string&, bool) { return std::nullopt; }, "me", "/nowhere"};
  auto config = config_from_url(server().url("postgres", "postgres", password), {}, empty);
  if (!config) throw std::runtime_error(to_string(config.error().front()));
  return *std::move(config);
}

TEST(ConsoleWaysIn, TheUrlsUserWithTheUrlsPassword) {
  const Running running(of_url("from the url"));
  EXPECT_EQ(Session(running.url("pgbouncer", "postgres", "from%20the%20url")).value("SHOW VERSION"),
            "lockkeeper 0.1.0");
  EXPECT_THROW(Session(running.url("pgbouncer", "postgres", "guess")), SessionError);
  EXPECT_THROW(Session(running.url("pgbouncer", "another", "from%20the%20url")), SessionError);
}

TEST(ConsoleWaysIn, WithoutAPasswordLoopbackIsTrusted) {
  const Running running(of_url(""));
  Session console(running.url("pgbouncer", "postgres", ""));
  EXPECT_EQ(console.try_exec("RESUME"), "00000");
  EXPECT_THROW(Session(running.url("pgbouncer", "another", "")), SessionError);
  // Session mode: every client holds its server connection.
  Session client(running.url("postgres", "postgres", ""), "keeps it");
  const auto held = line_where(console.exec("SHOW HOLDERS"), Kind::show_holders, "application", "keeps it");
  ASSERT_TRUE(held);
  EXPECT_EQ(cell(*held, Kind::show_holders, "state"), "idle");
}

}  // namespace
}  // namespace lockkeeper::proxy
