// Every library's message, and what only looks like one.
#include "collect/applog/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace lockkeeper::collect::applog {
namespace {

using model::ComplaintKind;
using model::PoolLibrary;
using std::chrono::milliseconds;
using std::chrono::seconds;

model::PoolComplaint read(std::string_view text) {
  const auto message = read_message(text);
  if (!message) throw std::runtime_error("not understood: " + std::string(text));
  return message->complaint;
}

TEST(Messages, HikariTellsWhichPoolAndHowLong) {
  const auto told = read(
      " ERROR 4711 --- [shop] [nio-8080-exec-7] o.h.engine.jdbc.spi.SqlExceptionHelper   : HikariPool-1 - Connection "
      "is "
      "not available, request timed out after 30003ms.");
  EXPECT_EQ(told.library, PoolLibrary::hikari);
  EXPECT_EQ(told.kind, ComplaintKind::timed_out);
  EXPECT_EQ(told.pool, "HikariPool-1");
  EXPECT_EQ(told.waited, milliseconds(30'003));
  EXPECT_EQ(told.total, std::nullopt);
  EXPECT_EQ(told.line, "HikariPool-1 - Connection is not available, request timed out after 30003ms.");
}

TEST(Messages, HikariTellsItsCountsSinceVersion5) {
  const auto told = read(
      "Caused by: java.sql.SQLTransientConnectionException: shop - Connection is not available, request timed out "
      "after "
      "30000ms (total=10, active=10, idle=0, waiting=5)");
  EXPECT_EQ(told.pool, "shop");
  EXPECT_EQ(told.total, 10);
  EXPECT_EQ(told.active, 10);
  EXPECT_EQ(told.idle, 0);
  EXPECT_EQ(told.waiting, 5);
  const auto later = read(
      "java.sql.SQLTransientConnectionException: shop - Connection is not available, request timed out after 30000ms "
      "(total=8/10, idle=0/10, active=8, waiting=5)");
  EXPECT_EQ(later.total, 8);
  EXPECT_EQ(later.limit, 10);
  EXPECT_EQ(later.active, 8);
  EXPECT_EQ(later.waiting, 5);
}

TEST(Messages, HikarisOwnCountsOfATimeoutAreNoEvent) {
  const auto message = read_message(
      " [main] DEBUG com.zaxxer.hikari.pool.HikariPool - HikariPool-1 - Timeout failure stats (total=2, active=2, "
      "idle=0, waiting=3)");
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->only_counts);
  EXPECT_EQ(message->complaint.waiting, 3);
  EXPECT_FALSE(read_message("HikariPool-1 - Pool stats (total=2, active=2, idle=0, waiting=3)"));
}

TEST(Messages, HikariTellsOfLeaks) {
  const auto leak = read(
      " [HikariPool-1 housekeeper] WARN com.zaxxer.hikari.pool.ProxyLeakTask - Connection leak detection triggered for "
      "org.postgresql.jdbc.PgConnection@6767c1fc on thread main, stack trace follows");
  EXPECT_EQ(leak.kind, ComplaintKind::leak);
  EXPECT_EQ(leak.connection, "org.postgresql.jdbc.PgConnection@6767c1fc");
  const auto back = read(
      "INFO: Previously reported leaked connection org.postgresql.jdbc.PgConnection@6767c1fc on thread main was "
      "returned "
      "to the pool (unleaked)");
  EXPECT_EQ(back.kind, ComplaintKind::leak_returned);
  EXPECT_EQ(back.connection, leak.connection);
}

TEST(Messages, SqlAlchemyTellsItsLimitAndKeepsNoSql) {
  const auto told = read(
      "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00 "
      "(Background on this error at: https://sqlalche.me/e/20/3o7r)");
  EXPECT_EQ(told.library, PoolLibrary::sqlalchemy);
  EXPECT_EQ(told.pool, "QueuePool limit of size 5 overflow 10");
  EXPECT_EQ(told.limit, 15);
  EXPECT_EQ(told.waited, seconds(30));
  EXPECT_FALSE(
      read_message("QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00 [SQL: "
                   "SELECT secret FROM users]"))
      << "what comes behind it is not SQLAlchemy's";
}

TEST(Messages, TheOthersToo) {
  EXPECT_EQ(read("SequelizeConnectionAcquireTimeoutError: Operation timeout").library, PoolLibrary::sequelize);
  EXPECT_EQ(read("ConnectionAcquireTimeoutError [SequelizeConnectionAcquireTimeoutError]: Operation timeout").library,
            PoolLibrary::sequelize);
  EXPECT_EQ(read("Error: timeout exceeded when trying to connect").library, PoolLibrary::node_postgres);
  const auto psycopg = read("psycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec");
  EXPECT_EQ(psycopg.library, PoolLibrary::psycopg_pool);
  EXPECT_EQ(psycopg.waited, seconds(30));
  EXPECT_EQ(read("django.db.utils.OperationalError: couldn't get a connection after 5.00 sec").library,
            PoolLibrary::django);
  const auto refused = read("psycopg_pool.TooManyRequests: the pool 'pool-1' has already 8 requests waiting");
  EXPECT_EQ(refused.kind, ComplaintKind::refused);
  EXPECT_EQ(refused.pool, "pool-1");
  EXPECT_EQ(refused.waiting, 8);
}

TEST(Messages, NpgsqlTellsItsLimits) {
  for (const std::string_view text :
       {"Npgsql.NpgsqlException (0x80004005): The connection pool has been exhausted, either raise 'Max Pool Size' "
        "(currently 100) or 'Timeout' (currently 15 seconds) in your connection string.",
        " ---> Npgsql.NpgsqlException (0x80004005): The connection pool has been exhausted, either raise MaxPoolSize "
        "(currently 100) or Timeout (currently 15 seconds)"}) {
    const auto told = read(text);
    EXPECT_EQ(told.library, PoolLibrary::npgsql);
    EXPECT_EQ(told.limit, 100);
    EXPECT_EQ(told.waited, seconds(15));
  }
}

TEST(Messages, PgBouncerTellsDatabaseAndUser) {
  const auto told =
      read(" [11700] LOG C-0x561f20298bc0: shop/alice@127.0.0.1:47668 closing because: query_wait_timeout (age=121s)");
  EXPECT_EQ(told.library, PoolLibrary::pgbouncer);
  EXPECT_EQ(told.kind, ComplaintKind::timed_out);
  EXPECT_EQ(told.database, "shop");
  EXPECT_EQ(told.user, "alice");
  const auto refused = read(
      " [11700] WARNING C-0x561f20299080: (nodb)/(nouser)@127.0.0.1:47690 pooler error: no more connections allowed "
      "(max_client_conn)");
  EXPECT_EQ(refused.kind, ComplaintKind::refused);
  EXPECT_EQ(refused.database, "");
}

TEST(Messages, ServersThatAreFull) {
  EXPECT_EQ(read(" pq: sorry, too many clients already").library, PoolLibrary::database_sql);
  EXPECT_EQ(read(" failed to connect to `user=app database=shop`: 10.0.0.4:5432 (db): server error: FATAL: sorry, too "
                 "many clients already (SQLSTATE 53300)")
                .library,
            PoolLibrary::database_sql);
  EXPECT_EQ(read("level=error msg=\"pq: sorry, too many clients already\"").kind, ComplaintKind::server_full);
  EXPECT_EQ(
      read("connection to server at \"db\", port 5432 failed: FATAL:  remaining connection slots are reserved for "
           "non-replication superuser connections")
          .kind,
      ComplaintKind::server_full);
  EXPECT_EQ(read("2 Error 1040: Too many connections").library, PoolLibrary::database_sql);
}

TEST(Messages, WhoOnlyQuotesOneIsIgnored) {
  for (const std::string_view text : {
           " INFO c.s.Comments : user wrote: HikariPool-1 - Connection is not available, request timed out after "
           "30000ms.",
           " ERROR c.s.Comments : \"HikariPool-1 - Connection is not available, request timed out after 30000ms.\" "
           "said "
           "alice",
           "see the wiki on HikariPool-1 - Connection is not available, request timed out after 30000ms.",
           " INFO shop.Retry - HikariPool-1 - Connection is not available, request timed out after 30000ms.",
           " ERROR shop - HikariPool-1 - Connection is not available, request timed out after 30000ms and more",
           " ERROR shop - HikariPool-1 - Connection is not available, request timed out after ms.",
           " ERROR shop - HikariPool-1 - Connection is not available, request timed out after -1ms.",
           " ERROR shop - HikariPool-1 - Connection is not available, request timed out after 1e99ms.",
           "we should raise the QueuePool limit of size 5 overflow 10",
           "QueuePool limit of size 5 overflow ten reached, connection timed out, timeout 30.00",
           "Error: Operation timeout",
           "Operation timeout",
           "the query failed: timeout exceeded when trying to connect",
           "Error: timeout exceeded when trying to connect to the mail server",
           "I couldn't get a connection after 30.00 sec",
           "sorry, too many clients already",
           "the customer said sorry, too many clients already",
           "the documentation on query_wait_timeout (age=1s)",
           " [1] LOG C-0x1: shop/alice@127.0.0.1:1 closing because: client close request (age=1s)",
           " [1] LOG stats: 0 xacts/s, 0 queries/s, in 0 B/s, out 0 B/s, xact 0 us, query 0 us, wait 0 us",
           "",
       }) {
    EXPECT_FALSE(read_message(text)) << text;
  }
}

}  // namespace
}  // namespace lockkeeper::collect::applog
