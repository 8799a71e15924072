// libmariadb and a real server, heard through a relay.
#include <gtest/gtest.h>
#include <mysql.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "support/mysql_session.hpp"
#include "support/servers.hpp"
#include "wire/mysql/conversation.hpp"
#include "wire/recording_relay.hpp"

namespace lockkeeper::testing::mysql {
namespace {

using namespace std::literals;

struct Closed {
  void operator()(MYSQL* handle) const { ::mysql_close(handle); }
  void operator()(MYSQL_STMT* statement) const { ::mysql_stmt_close(statement); }
};
using Handle = std::unique_ptr<MYSQL, Closed>;
using Statement = std::unique_ptr<MYSQL_STMT, Closed>;

void must(bool done, MYSQL* handle) {
  if (!done) throw std::runtime_error(::mysql_error(handle));
}

void drain(MYSQL* handle) {
  do {
    if (MYSQL_RES* const result = ::mysql_store_result(handle)) ::mysql_free_result(result);
  } while (::mysql_next_result(handle) == 0);
}

void run(MYSQL* handle, const std::string& sql) {
  must(::mysql_real_query(handle, sql.data(), sql.size()) == 0, handle);
  drain(handle);
}

void run_prepared(MYSQL* handle, const std::string& sql, unsigned long cursor) {
  const Statement statement(::mysql_stmt_init(handle));
  must(::mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) == 0, handle);
  ::mysql_stmt_attr_set(statement.get(), STMT_ATTR_CURSOR_TYPE, &cursor);
  for (int again = 0; again < 2; ++again) {
    must(::mysql_stmt_execute(statement.get()) == 0, handle);
    int rows = 0;
    while (::mysql_stmt_fetch(statement.get()) == 0) ++rows;
    EXPECT_EQ(rows, 3);
    ::mysql_stmt_free_result(statement.get());
  }
}

void load_file(MYSQL* handle) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "rows";
  write_file(path, "1\n2\n3\n");
  run(handle, "load data local infile '" + path.string() + "' into table t");
}

void talk(std::uint16_t port) {
  const Handle handle(::mysql_init(nullptr));
  ::mysql_options(handle.get(), MYSQL_DEFAULT_AUTH, "mysql_clear_password");
  ::mysql_options(handle.get(), MYSQL_OPT_LOCAL_INFILE, nullptr);
  must(::mysql_real_connect(handle.get(), "127.0.0.1", "ann", "secret", "test", port, nullptr,
                            CLIENT_MULTI_STATEMENTS) != nullptr,
       handle.get());
  run(handle.get(), "create table t (a int)");
  load_file(handle.get());
  run(handle.get(), "select * from t; select 1; update t set a = a");
  EXPECT_NE(::mysql_query(handle.get(), "selec"), 0);
  run_prepared(handle.get(), "select a from t", CURSOR_TYPE_NO_CURSOR);
  run_prepared(handle.get(), "select a from t", CURSOR_TYPE_READ_ONLY);
  must(::mysql_ping(handle.get()) == 0, handle.get());
  must(::mysql_reset_connection(handle.get()) == 0, handle.get());
  must(::mysql_change_user(handle.get(), "ann", "secret", "test") == 0, handle.get());
  must(::mysql_set_server_option(handle.get(), MYSQL_OPTION_MULTI_STATEMENTS_OFF) == 0, handle.get());
  EXPECT_NE(::mysql_query(handle.get(), "select 1; select 2"), 0);
}

// Through a conversation, in the order in which the relay saw it.
std::vector<std::string> names_heard(RecordingRelay& relay) {
  Conversation conversation;
  std::string from_client, from_server;
  std::vector<std::string> names;
  for (const RecordingRelay::Piece& piece : relay.pieces()) {
    const bool client = piece.side == testing::Side::frontend;
    std::string& bytes = client ? from_client : from_server;
    bytes += piece.bytes;
    for (const std::string& packet : take_packets(bytes)) {
      names.push_back(conversation.apply(client ? Side::client : Side::server, packet).name);
    }
  }
  EXPECT_TRUE(from_client.empty() && from_server.empty() && conversation.settled());
  return names;
}

class MysqlWireLibrary : public ::testing::TestWithParam<MysqlInstallation> {};

INSTANTIATE_TEST_SUITE_P(With, MysqlWireLibrary, ::testing::ValuesIn(mysql_installations()),
                         [](const auto& tested) { return tested.param.label; });

TEST_P(MysqlWireLibrary, SaysNothingThatIsNotFollowed) {
  if (const std::string reason = GetParam().reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
  const MysqlServer server = MysqlServer::start(GetParam(), {.settings = {{"local-infile", "1"}}});
  MysqlSession root(server);
  root.exec("create user ann identified by 'secret'");
  root.exec("grant all on *.* to ann");
  RecordingRelay relay(server.port());
  talk(relay.port());
  wait_until([&] { return relay.pieces().back().bytes == "\1\0\0\0\1"sv; }, default_patience, "the library's goodbye");
  const std::vector<std::string> names = names_heard(relay);
  EXPECT_EQ(std::ranges::count(names, "SwitchPlugin"), 2);
  EXPECT_EQ(std::ranges::count(names, "FileRequest"), 1);
  EXPECT_EQ(std::ranges::count(names, "BinaryRow"), 12);
  EXPECT_EQ(std::ranges::count(names, "COM_QUIT"), 1);
  EXPECT_EQ(names.back(), "COM_QUIT");
}

}  // namespace
}  // namespace lockkeeper::testing::mysql
