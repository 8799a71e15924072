// What a transaction of one insert costs through the library, against the same by the database's own C interface:
// interleaved rounds, one thread. The C side uses prepared statements as well as it can be done by hand.
#include <libpq-fe.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/database.hpp>
#include <lockkeeper/postgres.hpp>
#include <lockkeeper/sqlite.hpp>

#include "support/servers.hpp"

namespace lockkeeper::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int rounds = 15;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "transaction_bench: %s failed\n", what);
  std::exit(1);
}

struct Cost {
  double wall_us;
  double cpu_us;
};

double cpu_us() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

Cost measure(int transactions, const std::function<void(int)>& transaction) {
  const double cpu_before = cpu_us();
  const Clock::time_point before = Clock::now();
  for (int i = 0; i < transactions; ++i) transaction(i);
  const double wall = std::chrono::duration<double, std::micro>(Clock::now() - before).count();
  return {wall / transactions, (cpu_us() - cpu_before) / transactions};
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void compare(const char* database, int transactions, const std::function<void(int)>& by_hand,
             const std::function<void(int)>& by_library) {
  measure(transactions, by_hand);
  measure(transactions, by_library);
  std::vector<double> raw_wall, wall_ratio, raw_cpu, cpu_ratio;
  for (int round = 0; round < rounds; ++round) {
    // Who goes first takes turns, so that neither always meets the other's checkpoint.
    const bool first = round % 2 == 0;
    const Cost one = measure(transactions, first ? by_hand : by_library);
    const Cost two = measure(transactions, first ? by_library : by_hand);
    const Cost& raw = first ? one : two;
    const Cost& ours = first ? two : one;
    raw_wall.push_back(raw.wall_us);
    wall_ratio.push_back(ours.wall_us / raw.wall_us);
    raw_cpu.push_back(raw.cpu_us);
    cpu_ratio.push_back(ours.cpu_us / raw.cpu_us);
  }
  std::ranges::sort(wall_ratio);
  std::ranges::sort(cpu_ratio);
  std::printf(
      R"({"measurement":"transaction","database":"%s","rounds":%d,"by_hand_us":%.1f,"wall_ratio":%.3f,"wall_ratio_quartiles":[%.3f,%.3f],)"
      R"("by_hand_cpu_us":%.1f,"cpu_ratio":%.3f,"cpu_ratio_quartiles":[%.3f,%.3f]})"
      "\n",
      database, rounds, median(raw_wall), median(wall_ratio), wall_ratio[rounds / 4], wall_ratio[rounds * 3 / 4],
      median(raw_cpu), median(cpu_ratio), cpu_ratio[rounds / 4], cpu_ratio[rounds * 3 / 4]);
}

class SqliteByHand {
 public:
  explicit SqliteByHand(const std::string& file) {
    require(sqlite3_open_v2(file.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) == SQLITE_OK,
            "sqlite3_open_v2");
    require(sqlite3_exec(db_, "PRAGMA foreign_keys=ON", nullptr, nullptr, nullptr) == SQLITE_OK, "PRAGMA");
    begin_ = prepare("BEGIN IMMEDIATE");
    insert_ = prepare("INSERT INTO entry (number, note) VALUES (?, ?)");
    commit_ = prepare("COMMIT");
  }
  SqliteByHand(const SqliteByHand&) = delete;
  SqliteByHand& operator=(const SqliteByHand&) = delete;
  ~SqliteByHand() {
    for (sqlite3_stmt* statement : {begin_, insert_, commit_}) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }

  void transaction(int number) {
    run(begin_);
    sqlite3_bind_int64(insert_, 1, number);
    sqlite3_bind_text(insert_, 2, "a note of some length", -1, SQLITE_STATIC);
    run(insert_);
    run(commit_);
  }

 private:
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    require(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) == SQLITE_OK, sql);
    return statement;
  }
  void run(sqlite3_stmt* statement) {
    require(sqlite3_step(statement) == SQLITE_DONE, "sqlite3_step");
    sqlite3_reset(statement);
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
};

class PostgresByHand {
 public:
  explicit PostgresByHand(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    require(PQstatus(connection_) == CONNECTION_OK, "PQconnectdb");
    PGresult* prepared =
        PQprepare(connection_, "insert", "INSERT INTO entry (number, note) VALUES ($1, $2)", 2, nullptr);
    require(PQresultStatus(prepared) == PGRES_COMMAND_OK, "PQprepare");
    PQclear(prepared);
  }
  PostgresByHand(const PostgresByHand&) = delete;
  PostgresByHand& operator=(const PostgresByHand&) = delete;
  ~PostgresByHand() { PQfinish(connection_); }

  void transaction(int number) {
    check(PQexec(connection_, "BEGIN"));
    const std::string text = std::to_string(number);
    const char* values[] = {text.c_str(), "a note of some length"};
    check(PQexecPrepared(connection_, "insert", 2, values, nullptr, nullptr, 0));
    check(PQexec(connection_, "COMMIT"));
  }

 private:
  static void check(PGresult* result) {
    require(PQresultStatus(result) == PGRES_COMMAND_OK, "a statement");
    PQclear(result);
  }
  PGconn* connection_;
};

void by_library(Database& db, std::string_view insert, int number) {
  db.transact([&](auto& tx) { tx.execute(insert, number, "a note of some length"); });
}

void sqlite() {
  const testing::TemporaryFolder folder;
  const std::string file = (folder.path() / "bench.db").string();
  Database db(make_sqlite_driver(), {.url = file}, {.name = "bench", .maximum_size = 1});
  db.transact([](auto& tx) { tx.execute("CREATE TABLE entry (id integer PRIMARY KEY, number integer, note text)"); });
  SqliteByHand by_hand(file);
  compare(
      "SQLite", 2000, [&](int number) { by_hand.transaction(number); },
      [&](int number) { by_library(db, "INSERT INTO entry (number, note) VALUES (?, ?)", number); });
}

void postgres() {
  const auto server = testing::PostgresServer::start({.settings = {{"fsync", "on"}}});
  Database db(make_postgres_driver(), {.url = server.url()}, {.name = "bench", .maximum_size = 1});
  db.transact([](auto& tx) { tx.execute("CREATE TABLE entry (id serial PRIMARY KEY, number integer, note text)"); });
  PostgresByHand by_hand(server.url());
  compare(
      "PostgreSQL", 1000, [&](int number) { by_hand.transaction(number); },
      [&](int number) { by_library(db, "INSERT INTO entry (number, note) VALUES ($1, $2)", number); });
}

}  // namespace
}  // namespace lockkeeper::bench

// `bench_transaction [sqlite|postgres]`: both without an argument.
int main(int count, char** arguments) {
  const std::string_view only = count > 1 ? arguments[1] : "";
  if (only != "postgres") lockkeeper::bench::sqlite();
  if (only != "sqlite") lockkeeper::bench::postgres();
  return 0;
}
