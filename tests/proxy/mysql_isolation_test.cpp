// Two hundred clients before MariaDB or MySQL, each with a server connection of its own (isolation.hpp): texts, binary
// rows, cursors, several statements at once, local files, and sessions that begin anew.
#include <gtest/gtest.h>
#include <mysql.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "proxy/isolation.hpp"
#include "proxy/mysql_stage.hpp"
#include "proxy/support/mysql_proxy.hpp"
#include "support/mysql_session.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace isolation;

constexpr unsigned int query_interrupted = 1317, raised = 1644, no_such_table = 1146;

// What LOAD DATA LOCAL asks a client for: one text.
struct LocalFile {
  std::string content;
  std::size_t read = 0;

  static int open(void** file, const char*, void* self) {
    *file = self;
    return 0;
  }
  static int next(void* self, char* into, unsigned int room) {
    LocalFile& file = *static_cast<LocalFile*>(self);
    const std::size_t count = file.content.copy(into, room, file.read);
    file.read += count;
    return static_cast<int>(count);
  }
  static void close(void*) {}
  static int error(void*, char*, unsigned int) { return 0; }
};

class MysqlClient : public TaggedClient {
 public:
  MysqlClient(const MysqlInstallation& installation, std::uint16_t port, unsigned number, Report& report)
      : TaggedClient(number, report), installation_(installation), port_(port) {}

 private:
  using Statement = std::unique_ptr<MYSQL_STMT, decltype(&mysql_stmt_close)>;

  [[nodiscard]] bool is_connected() const override { return mysql_ != nullptr; }

  void arrive() override {
    mysql_.reset(mysql_init(nullptr));
    mysql_options4(mysql_.get(), MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", tag().c_str());
    if (mysql_real_connect(mysql_.get(), "127.0.0.1", "root", "", "test", port_, nullptr,
                           CLIENT_MULTI_STATEMENTS | CLIENT_LOCAL_FILES) == nullptr)
      throw std::runtime_error(mysql_error(mysql_.get()));
    begin_session();
  }

  void begin_session() {
    prepared_.clear();
    talk("SET @mine = '" + tag() + "'");
  }

  void say_goodbye() override {
    prepared_.clear();
    mysql_.reset();
  }

  void one_operation() override {
    switch (random_() % 14) {
      case 0: return rows();
      case 1: return parameter();
      case 2: return prepared();
      case 3: return cursor();
      case 4: return error();
      case 5: return expect_cell("SELECT @mine", tag());
      case 6: return expect_cell("SELECT CONNECTION_ID()", std::to_string(mysql_thread_id(mysql_.get())));
      case 7: return transaction();
      case 8: return several();
      case 9: return one_in(4) ? local_file() : rows();
      case 10: return one_in(4) ? cancel_one() : parameter();
      case 11: return one_in(4) ? leave() : prepared();
      case 12: return one_in(4) ? begin_anew() : cursor();
      default: return one_in(8) ? say_goodbye() : several();
    }
  }

  // Everything that comes carries our tag or none. The cells of all results, one after another; errors but those are
  // complaints.
  std::vector<std::string> talk(const std::string& sql, const std::set<unsigned int>& expected = {}) {
    mysql_send_query(mysql_.get(), sql.data(), sql.size());
    return answer(expected);
  }

  std::vector<std::string> answer(const std::set<unsigned int>& expected = {}) {
    std::vector<std::string> cells;
    int more = mysql_read_query_result(mysql_.get());
    for (; more == 0; more = mysql_next_result(mysql_.get())) {
      const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(mysql_.get()),
                                                                            &mysql_free_result);
      if (!result) {
        if (mysql_errno(mysql_.get()) != 0) break;
        continue;
      }
      while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
        const unsigned long* lengths = mysql_fetch_lengths(result.get());
        for (unsigned int column = 0; column < mysql_num_fields(result.get()); ++column)
          check(cells.emplace_back(row[column] == nullptr ? "NULL" : std::string(row[column], lengths[column])));
      }
    }
    note(mysql_errno(mysql_.get()), mysql_error(mysql_.get()), expected);
    return cells;
  }

  void note(unsigned int error, const std::string& words, const std::set<unsigned int>& expected = {}) {
    if (error == 0) return;
    check(words);
    ++report().errors;
    if (!expected.contains(error)) throw std::runtime_error(std::to_string(error) + " " + words);
  }

  void expect_cell(const std::string& sql, const std::string& cell) {
    const auto cells = talk(sql);
    expect(cells.empty() ? "nothing" : cells.front(), cell);
  }

  void rows() {
    const int count = 1 + static_cast<int>(random_() % 200);
    const std::string sql = "SELECT CONCAT('" + tag() + "', REPEAT('.', " + std::to_string(count) + ")), seq FROM ";
    expect(std::to_string(talk(sql + counted_rows(installation_, count)).size()), std::to_string(2 * count));
  }

  Statement prepare(const std::string& sql) {
    Statement statement(mysql_stmt_init(mysql_.get()), &mysql_stmt_close);
    if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0)
      throw std::runtime_error(mysql_stmt_error(statement.get()));
    return statement;
  }

  // With `text` as its one parameter, if it has one: the first cell of every row.
  std::vector<std::string> execute(MYSQL_STMT* statement, std::string text = {}) {
    MYSQL_BIND in{};
    unsigned long sent = text.size(), arrived = 0;
    in.buffer_type = MYSQL_TYPE_STRING;
    in.buffer = text.data();
    in.buffer_length = sent;
    in.length = &sent;
    if (mysql_stmt_param_count(statement) == 1) mysql_stmt_bind_param(statement, &in);
    std::vector<char> room(30'000);
    MYSQL_BIND out{};
    out.buffer_type = MYSQL_TYPE_STRING;
    out.buffer = room.data();
    out.buffer_length = room.size();
    out.length = &arrived;
    std::vector<std::string> cells;
    if (mysql_stmt_execute(statement) == 0 && mysql_stmt_bind_result(statement, &out) == 0) {
      while (mysql_stmt_fetch(statement) == 0) check(cells.emplace_back(room.data(), arrived));
    }
    note(mysql_stmt_errno(statement), mysql_stmt_error(statement));
    mysql_stmt_free_result(statement);
    return cells;
  }

  void expect_one(const std::vector<std::string>& cells, const std::string& cell) {
    expect(cells.size() == 1 ? cells.front() : std::to_string(cells.size()) + " rows", cell);
  }

  void parameter() {
    const std::string text = tag() + std::string(random_() % 20'000, 'p');
    expect_one(execute(prepare("SELECT ?").get(), text), text);
  }

  // Every client has statements of the same numbers, each with a text of its own.
  void prepared() {
    const unsigned which = static_cast<unsigned>(random_() % 3);
    const std::string name = tag() + "s" + std::to_string(which);
    if (!prepared_.contains(which)) prepared_.emplace(which, prepare("SELECT CONCAT('" + name + "', ?)"));
    expect_one(execute(prepared_.at(which).get(), tag()), name + tag());
    if (one_in(8)) prepared_.erase(which);
  }

  // Its rows stay at the server until they are fetched, five at a time.
  void cursor() {
    const int count = 1 + static_cast<int>(random_() % 20);
    const Statement statement = prepare("SELECT '" + tag() + "' FROM " + counted_rows(installation_, count));
    const unsigned long read_only = CURSOR_TYPE_READ_ONLY, at_once = 5;
    mysql_stmt_attr_set(statement.get(), STMT_ATTR_CURSOR_TYPE, &read_only);
    mysql_stmt_attr_set(statement.get(), STMT_ATTR_PREFETCH_ROWS, &at_once);
    expect(std::to_string(execute(statement.get()).size()), std::to_string(count));
  }

  void error() { talk("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '" + tag() + "'", {raised}); }

  void transaction() {
    talk(one_in(2) ? "BEGIN" : "SET autocommit = 0");
    talk("INSERT INTO tagged VALUES (" + std::to_string(number()) + ", '" + tag() + "')");
    expect_cell("SELECT tag FROM tagged WHERE client = " + std::to_string(number()) + " AND tag = '" + tag() + "'",
                tag());
    if (one_in(6)) return leave();
    talk(one_in(2) ? "COMMIT" : "ROLLBACK");
    talk("SET autocommit = 1");
  }

  // The last of them fails, or none.
  void several() {
    const bool fails = one_in(2);
    const auto cells = talk("SELECT '" + tag() + "'; DO 1; SELECT '" + tag() + "', @mine; " +
                                (fails ? "SELECT 1 FROM `" + tag() + "`" : "SELECT '" + tag() + "'"),
                            {no_such_table});
    expect(std::to_string(cells.size()), fails ? "3" : "4");
  }

  void local_file() {
    LocalFile file;
    const std::string name = tag() + "file" + std::to_string(++files_);
    for (int row = 0; row < 50; ++row) file.content += std::to_string(number()) + "\t" + name + "\n";
    mysql_set_local_infile_handler(mysql_.get(), &LocalFile::open, &LocalFile::next, &LocalFile::close,
                                   &LocalFile::error, &file);
    talk("LOAD DATA LOCAL INFILE 'mine' INTO TABLE tagged");
    expect_cell("SELECT count(*) FROM tagged WHERE tag = '" + name + "'", "50");
  }

  // Ends early where the cancel came in time; never does it end anybody else's.
  void cancel_one() {
    const std::string sql = "SELECT '" + tag() + "', SLEEP(0.1)";
    mysql_send_query(mysql_.get(), sql.data(), sql.size());
    MysqlSession(MysqlLogin{.port = port_}).exec("KILL QUERY " + std::to_string(mysql_thread_id(mysql_.get())));
    ++report().cancels;
    const auto cells = answer({query_interrupted});
    // What came too late ends the next statement instead.
    talk("DO 1", {query_interrupted});
    if (!cells.empty()) expect(cells.front(), tag());
  }

  // The same connection, and a session that knows nothing of the one before.
  void begin_anew() {
    prepared_.clear();
    const bool as_somebody = one_in(2);
    const int failed =
        as_somebody ? mysql_change_user(mysql_.get(), "root", "", "test") : mysql_reset_connection(mysql_.get());
    if (failed != 0) throw std::runtime_error(mysql_error(mysql_.get()));
    expect_cell("SELECT @mine", "NULL");
    begin_session();
  }

  void leave() {
    ++report().departures;
    const std::string sql = "SELECT '" + tag() + "', SLEEP(0.02) FROM " + counted_rows(installation_, 3);
    if (one_in(2)) mysql_send_query(mysql_.get(), sql.data(), sql.size());
    const int socket = static_cast<int>(mysql_get_socket(mysql_.get()));
    constexpr std::array<unsigned char, 9> half_a_packet{200, 0, 0, 0, COM_QUERY, 'S', 'E', 'L', 'E'};
    if (one_in(3)) static_cast<void>(::send(socket, half_a_packet.data(), half_a_packet.size(), MSG_NOSIGNAL));
    const linger at_once{1, 0};
    if (one_in(2)) ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::shutdown(socket, SHUT_WR);  // The library's last word is not heard.
    say_goodbye();
  }

  const MysqlInstallation& installation_;
  std::uint16_t port_;
  std::unique_ptr<MYSQL, decltype(&mysql_close)> mysql_{nullptr, &mysql_close};
  std::map<unsigned, Statement> prepared_;
  unsigned files_ = 0;
};

class MysqlIsolation : public ::testing::TestWithParam<MysqlStage> {};

TEST_P(MysqlIsolation, NothingOfAnotherClientArrives) {
  if (const std::string reason = GetParam().installation.reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
  const std::string room = std::to_string(2 * clients() + 50);  // for those who cancel, too
  const MysqlServer server =
      MysqlServer::start(GetParam().installation, {.settings = {{"local-infile", "ON"}, {"max-connections", room}}});
  MysqlSession admin(server);
  admin.exec("CREATE TABLE tagged (client int, tag text) ENGINE=InnoDB");
  MysqlProxy proxy({.server_port = server.port(), .io = GetParam().io});
  Report report;
  run_together(report, [&](unsigned number) {
    return std::make_unique<MysqlClient>(GetParam().installation, proxy.port(), number, report);
  });
  EXPECT_TRUE(becomes_true([&] { return proxy.uses_servers(0); }, default_patience))
      << "server connections are held though all clients have left";
}

LOCKKEEPER_ON_MYSQL_STAGES(MysqlIsolation);

}  // namespace
}  // namespace lockkeeper::testing
