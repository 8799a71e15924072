// libmariadb and a real server, heard through a relay: what is said to have happened is what the client did.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mysql.h>

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>

#include "support/mysql_session.hpp"
#include "support/servers.hpp"
#include "track/mysql/listener.hpp"
#include "wire/mysql/login.hpp"
#include "wire/recording_relay.hpp"

namespace lockkeeper::testing::mysql {
namespace {

using namespace std::literals;
using model::TransactionEnd;
using ::testing::ElementsAre;

namespace my = wire::mysql;

struct Closed {
  void operator()(MYSQL* handle) const { ::mysql_close(handle); }
  void operator()(MYSQL_STMT* statement) const { ::mysql_stmt_close(statement); }
};

class Client {
 public:
  explicit Client(std::uint16_t port) : handle_(::mysql_init(nullptr)) {
    must(::mysql_real_connect(handle_.get(), "127.0.0.1", "root", "", "test", port, nullptr, CLIENT_MULTI_STATEMENTS) !=
         nullptr);
  }
  /// The server's error number.
  unsigned int run(const std::string& sql) {
    unsigned int error = ::mysql_real_query(handle_.get(), sql.data(), sql.size()) == 0 ? 0 : ::mysql_errno(get());
    while (error == 0) {
      if (MYSQL_RES* const result = ::mysql_store_result(get())) ::mysql_free_result(result);
      const int next = ::mysql_next_result(get());
      if (next < 0) break;
      if (next > 0) error = ::mysql_errno(get());
    }
    return error;
  }
  /// With an integer bound; as often as wished.
  void run_prepared(const std::string& sql, int value, int times, unsigned long cursor = CURSOR_TYPE_NO_CURSOR) {
    const std::unique_ptr<MYSQL_STMT, Closed> statement(::mysql_stmt_init(get()));
    must(::mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) == 0);
    ::mysql_stmt_attr_set(statement.get(), STMT_ATTR_CURSOR_TYPE, &cursor);
    MYSQL_BIND bind{};
    bind.buffer_type = MYSQL_TYPE_LONG;
    bind.buffer = &value;
    must(::mysql_stmt_bind_param(statement.get(), &bind) == 0);
    for (int time = 0; time < times; ++time) {
      must(::mysql_stmt_execute(statement.get()) == 0);
      while (::mysql_stmt_fetch(statement.get()) == 0) continue;
      ::mysql_stmt_free_result(statement.get());
    }
  }
  /// Prepared and run in one go, where the server can.
  void run_directly(const std::string& sql) {
    const std::unique_ptr<MYSQL_STMT, Closed> statement(::mysql_stmt_init(get()));
    must(::mariadb_stmt_execute_direct(statement.get(), sql.data(), sql.size()) == 0);
    while (::mysql_stmt_fetch(statement.get()) == 0) continue;
  }
  void reset() { must(::mysql_reset_connection(get()) == 0); }
  void change_user() { must(::mysql_change_user(get(), "ann", "secret", "test") == 0); }

 private:
  MYSQL* get() { return handle_.get(); }
  void must(bool done) {
    if (!done) throw std::runtime_error(::mysql_error(get()));
  }
  std::unique_ptr<MYSQL, Closed> handle_;
};

/// One transaction, for people: "committed: BEGIN, UPDATE ... x3 (2 rows), COMMIT".
std::string story(const model::TransactionOver& over) {
  std::string text = std::string(to_string(over.end)) + ":";
  for (const model::FoldedRun& fold : over.record->first()) {
    text += " " + fold.first.statement->text;
    if (fold.count > 1) text += " x" + std::to_string(fold.count) + (fold.same_parameters ? " same" : "");
    if (fold.rows > 0) text += " " + std::to_string(fold.rows);
    if (!fold.last.error.empty()) text += " " + fold.last.error;
    text += ";";
  }
  return text;
}

/// What the session machine makes of a conversation that a relay has heard.
class Heard {
 public:
  explicit Heard(const std::vector<RecordingRelay::Piece>& pieces) {
    for (const RecordingRelay::Piece& piece : pieces) {
      now_ += 1ms;
      const bool client = piece.side == Side::frontend;
      if (!session_) {
        log_in(client, piece.bytes);
      } else {
        note(client ? listener_->client(piece.bytes, now_) : listener_->server(piece.bytes, now_));
      }
    }
  }

  [[nodiscard]] std::vector<std::string> stories() const {
    std::vector<std::string> all;
    for (const model::Fact& fact : facts_) {
      if (const auto* over = std::get_if<model::TransactionOver>(&fact.what)) all.push_back(story(*over));
      if (const auto* oddity = std::get_if<model::ClientOddity>(&fact.what)) all.emplace_back(to_string(oddity->kind));
    }
    return all;
  }
  [[nodiscard]] const track::mysql::Session& session() const { return *session_; }
  [[nodiscard]] bool said_goodbye() const { return said_goodbye_; }

 private:
  void log_in(bool client, const std::string& bytes) {
    std::string& held = client ? from_client_ : from_server_;
    held += bytes;
    while (const auto header = my::read_header(held)) {
      if (held.size() < header->size()) return;
      const std::string body = held.substr(my::header_size, header->body);
      held.erase(0, header->size());
      login_packet(client, body);
    }
  }

  void login_packet(bool client, const std::string& body) {
    if (!greeted_) {
      offered_ = my::decode_greeting(body).value().capabilities;
      greeted_ = true;
    } else if (!reply_) {
      capabilities_ = offered_ & my::decode_login_request(body).value().capabilities;
      reply_ = my::ReplyWalker::login(capabilities_);
    } else if (client) {
      reply_->client(static_cast<std::uint32_t>(body.size()));
    } else {
      reply_->server(body, static_cast<std::uint32_t>(body.size()));
      if (reply_->complete()) begin();
    }
  }

  void begin() {
    session_ = std::make_unique<track::mysql::Session>(
        track::mysql::SessionSettings{}, track::mysql::Shared{statements_, facts_},
        std::make_shared<const model::ClientIdentity>(),
        track::mysql::Connected{capabilities_, reply_->outcome().status, {1, {}}, "here", now_});
    listener_ = std::make_unique<Listener>(*session_);
  }

  void note(const std::vector<track::mysql::Step>& steps) {
    for (const auto& step : steps) {
      EXPECT_EQ(step.lost, "");
      said_goodbye_ = said_goodbye_ || step.said_goodbye;
    }
  }

  model::WallTime now_{1'000'000s};
  std::string from_client_, from_server_;
  bool greeted_ = false;
  my::Capabilities offered_, capabilities_;
  std::optional<my::ReplyWalker> reply_;
  track::mysql::StatementCache statements_;
  track::Facts facts_;
  std::unique_ptr<track::mysql::Session> session_;
  std::unique_ptr<Listener> listener_;
  bool said_goodbye_ = false;
};

class MysqlTrackServer : public ::testing::TestWithParam<MysqlInstallation> {
 protected:
  using Servers = std::map<std::string, std::unique_ptr<MysqlServer>>;  // By label and settings.

  static void TearDownTestSuite() { servers().clear(); }
  void SetUp() override {
    if (const std::string reason = GetParam().reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
    start("", {});
  }
  void start(const std::string& name, std::map<std::string, std::string> settings) {
    auto& server = servers()[GetParam().label + name];
    if (!server) {
      server = std::make_unique<MysqlServer>(MysqlServer::start(GetParam(), {.settings = std::move(settings)}));
    }
    server_ = server.get();
    MysqlSession root(*server_);
    for (const char* sql :
         {"drop user if exists ann", "create user ann identified by 'secret'", "grant all on *.* to ann",
          "drop table if exists t, u", "drop procedure if exists p", "create table t (a int primary key, b int)",
          "insert into t values (1, 0), (2, 0), (3, 0)"}) {
      root.exec(sql);
    }
    client_.reset();
    relay_ = std::make_unique<RecordingRelay>(server_->port());
    client_ = std::make_unique<Client>(relay_->port());
  }
  /// The client leaves first.
  Heard heard() {
    client_.reset();
    wait_until([&] { return relay_->pieces().back().bytes.ends_with("\1\0\0\0\1"sv); }, default_patience, "goodbye");
    return Heard(relay_->pieces());
  }
  /// Another session waits for the client's lock on the first row, and has more to lose.
  std::future<void> block_on_first_row() {
    std::future<void> blocked = std::async(std::launch::async, [this] {
      MysqlSession other(*server_);
      other.exec("begin");
      other.exec("update t set b = b + 1 where a > 1");
      other.exec("insert into t values (10, 0), (11, 0), (12, 0), (13, 0)");
      other.exec("update t set b = b + 1 where a = 1");
      other.exec("rollback");
    });
    MysqlSession root(*server_);
    wait_until_one_waits(root);
    return blocked;
  }

  static Servers& servers() {
    static Servers all;
    return all;
  }

  MysqlServer* server_ = nullptr;
  std::unique_ptr<RecordingRelay> relay_;
  std::unique_ptr<Client> client_;
};

INSTANTIATE_TEST_SUITE_P(With, MysqlTrackServer, ::testing::ValuesIn(mysql_installations()),
                         [](const auto& tested) { return tested.param.label; });

TEST_P(MysqlTrackServer, TransactionsAsTheyWere) {
  for (const char* sql : {"begin", "update t set b = 1", "commit", "update t set b = 2", "start transaction",
                          "select * from t where a = 1", "rollback", "commit", "begin", "insert into t values (4, 0)",
                          "begin", "savepoint s", "rollback to s", "commit and chain", "rollback"}) {
    EXPECT_EQ(client_->run(sql), 0U) << sql;
  }
  EXPECT_THAT(heard().stories(),
              ElementsAre("committed: begin; update t set b = ? 3; commit;",
                          "rolled_back: start transaction; select * from t where a = ? 1; rollback;", "foreign_commit",
                          "begin_inside_transaction", "committed: begin; insert into t values (?) 1;",
                          "committed: begin; savepoint s; rollback to s; commit and chain;", "rolled_back: rollback;"));
}

TEST_P(MysqlTrackServer, AutocommitOff) {
  for (const char* sql : {"set autocommit = 0", "select 1", "commit", "select count(*) from t", "update t set b = 1",
                          "commit", "rollback", "delete from t where a = 3", "create table u (a int)",
                          "insert into t values (5, 0)", "set autocommit = 1", "update t set b = 7"}) {
    EXPECT_EQ(client_->run(sql), 0U) << sql;
  }
  EXPECT_EQ(client_->run("set autocommit = 0"), 0U);
  EXPECT_EQ(client_->run("insert into t values (1, 1)"), 1062U);
  EXPECT_EQ(client_->run("commit"), 0U);
  EXPECT_THAT(heard().stories(), ElementsAre("committed: select count(*) from t 1; update t set b = ? 3; commit;",
                                             "committed: delete from t where a = ? 1; create table u (a int);",
                                             "committed: insert into t values (?) 1; set autocommit = ?;"));
}

TEST_P(MysqlTrackServer, Definitions) {
  for (const char* sql :
       {"begin", "update t set b = 1", "create temporary table v (a int)", "create table u (a int)"}) {
    EXPECT_EQ(client_->run(sql), 0U) << sql;
  }
  EXPECT_EQ(client_->run("begin"), 0U);
  EXPECT_EQ(client_->run("create table t (a int)"), 1050U);
  EXPECT_EQ(client_->run("select 1"), 0U);
  EXPECT_EQ(client_->run("begin"), 0U);
  EXPECT_EQ(client_->run("create tabel u (a int)"), 1064U);
  EXPECT_EQ(client_->run("commit"), 0U);
  EXPECT_THAT(heard().stories(),
              ElementsAre("committed: begin; update t set b = ? 3; create temporary table v (a int); create table u (a "
                          "int);",
                          "committed: begin; create table t (a int) 42S01;",
                          "committed: begin; create tabel u (a int) 42000; commit;"));
}

TEST_P(MysqlTrackServer, Deadlock) {
  client_->run("begin");
  client_->run("update t set b = b + 1 where a = 1");
  std::future<void> blocked = block_on_first_row();
  EXPECT_EQ(client_->run("update t set b = b + 1 where a = 2"), 1213U);
  client_->run("select 1");
  blocked.get();
  EXPECT_THAT(
      heard().stories(),
      ElementsAre(
          "rolled_back: begin; update t set b = b + ? where a = ? 1; update t set b = b + ? where a = ? 40001;"));
}

TEST_P(MysqlTrackServer, DeadlockThenTheNext) {
  client_->run("set autocommit = 0");
  client_->run("update t set b = b + 1 where a = 1");
  std::future<void> blocked = block_on_first_row();
  EXPECT_EQ(client_->run("update t set b = 1 + b where a = 2"), 1213U);
  blocked.get();
  client_->run("delete from t where a = 3");
  client_->run("commit");
  EXPECT_THAT(
      heard().stories(),
      ElementsAre("rolled_back: update t set b = b + ? where a = ? 1; update t set b = ? + b where a = ? 40001;",
                  "committed: delete from t where a = ? 1; commit;"));
}

TEST_P(MysqlTrackServer, LockWaits) {
  for (const bool rolls_back : {false, true}) {
    if (rolls_back) start(" rolling back", {{"innodb-rollback-on-timeout", "1"}});
    MysqlSession holder(*server_);
    holder.exec("begin");
    holder.exec("update t set b = 1 where a = 2");
    client_->run("set innodb_lock_wait_timeout = 1");
    client_->run("begin");
    client_->run("update t set b = 1 where a = 1");
    EXPECT_EQ(client_->run("update t set b = 1 where a = 2"), 1205U);
    client_->run("select 1");
    client_->run("commit");
    const std::string story = "begin; update t set b = ? where a = ? 1; update t set b = ? where a = ? HY000;";
    if (rolls_back) {
      EXPECT_THAT(heard().stories(), ElementsAre("rolled_back: " + story, "foreign_commit"));
    } else {
      EXPECT_THAT(heard().stories(), ElementsAre("committed: " + story + " select ? 1; commit;"));
    }
  }
}

TEST_P(MysqlTrackServer, PreparedStatements) {
  client_->run("begin");
  client_->run_prepared("select a from t where a >= ?", 2, 3);
  client_->run_prepared("select b from t where a >= ?", 1, 1, CURSOR_TYPE_READ_ONLY);
  client_->run_directly("update t set b = 5");
  client_->run("commit");
  const Heard all = heard();
  EXPECT_THAT(all.stories(),
              ElementsAre("committed: begin; select a from t where a >= ? x3 same 6; select b from t where a >= ?; "
                          "update t set b = ? 3; commit;"));
  EXPECT_TRUE(all.session().recorded({}).portals.empty());
  EXPECT_TRUE(all.said_goodbye());
}

TEST_P(MysqlTrackServer, SeveralStatementsAndProcedures) {
  MysqlSession root(*server_);
  root.exec("create procedure p() begin select a from t; select 1; update t set b = 9; end");
  EXPECT_EQ(client_->run("begin; insert into t values (7, 0); select * from t; commit"), 0U);
  EXPECT_EQ(client_->run("begin; call p(); insert into t values (7, 0); commit"), 1062U);
  EXPECT_EQ(client_->run("rollback"), 0U);
  EXPECT_THAT(heard().stories(),
              ElementsAre("committed: begin; insert into t values (?) 1; select * from t 4; commit;",
                          "rolled_back: begin; call p() 5; insert into t values (?) 23000; rollback;"));
}

TEST_P(MysqlTrackServer, XaTransactions) {
  for (const char* sql : {"xa start 'a'", "update t set b = 4", "xa end 'a'", "xa prepare 'a'", "xa commit 'a'",
                          "xa start 'b'", "xa end 'b'", "xa rollback 'b'", "xa start 'c'", "delete from t where a = 1",
                          "xa end 'c'", "xa commit 'c' one phase"}) {
    EXPECT_EQ(client_->run(sql), 0U) << sql;
  }
  const auto stories = heard().stories();
  ASSERT_EQ(stories.size(), 3U);
  EXPECT_TRUE(stories[0].starts_with("committed: xa start ?; update t set b = ? 3; xa end ?; xa prepare ?;"));
  EXPECT_EQ(stories[1], "rolled_back: xa start ?; xa end ?; xa rollback ?;");
  EXPECT_TRUE(stories[2].starts_with("committed: xa start ?; delete from t where a = ? 1;"));
}

TEST_P(MysqlTrackServer, SessionsThatBeginAnew) {
  client_->run("begin");
  client_->run("update t set b = 1");
  client_->reset();
  client_->run("begin");
  client_->run("update t set b = 2");
  client_->change_user();
  client_->run("begin");
  const Heard all = heard();
  EXPECT_THAT(all.stories(),
              ElementsAre("rolled_back: begin; update t set b = ? 3;", "rolled_back: begin; update t set b = ? 3;"));
  EXPECT_EQ(all.session().who()->user, "ann");
  EXPECT_TRUE(all.session().in_transaction()) << "it left with one";
}

}  // namespace
}  // namespace lockkeeper::testing::mysql
