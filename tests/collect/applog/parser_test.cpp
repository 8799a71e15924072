// Real logs, read line by line, and what must not trouble the reader.
#include "collect/applog/parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "collect/applog/lines.hpp"

namespace lockkeeper::collect::applog {
namespace {

using model::ComplaintKind;
using model::ComplaintTime;
using model::PoolComplaint;
using model::PoolLibrary;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

model::WallTime at(const char* text) { return model::parse_time(text).value(); }

const model::WallTime now = at("2026-11-29T10:05:00Z");

// Two hours east of UTC.
model::WallTime eastern(LocalTime time) { return model::WallTime(time.time_since_epoch() - hours(2)); }
model::WallTime utc(LocalTime time) { return model::WallTime(time.time_since_epoch()); }

std::vector<PoolComplaint> read_text(const std::string& text, const LocalClock& clock = utc, bool is_news = true) {
  Parser parser("shop", "shop.log", clock);
  LineCutter cutter;
  const auto each = [&](std::string_view line) { parser.read(line, now, is_news); };
  cutter.add(text, each);
  cutter.finish(each);
  parser.pause();
  parser.pause();
  return parser.take();
}

std::string log_of(const std::string& name) {
  std::ifstream file(std::string(LOCKKEEPER_SOURCE_DIR) + "/tests/collect/applog/lines/" + name);
  std::stringstream text;
  text << file.rdbuf();
  if (text.str().empty()) throw std::runtime_error("no such log: " + name);
  return text.str();
}

std::vector<ComplaintKind> kinds(const std::vector<PoolComplaint>& told) {
  std::vector<ComplaintKind> result;
  for (const auto& complaint : told) result.push_back(complaint.kind);
  return result;
}

TEST(Parser, HikarisEventsAreToldOnceEach) {
  const auto told = read_text(log_of("hikari.log"));
  using enum ComplaintKind;
  ASSERT_THAT(kinds(told), ElementsAre(timed_out, timed_out, leak, leak, leak_returned, leak_returned));
  EXPECT_EQ(told[0].at, at("2026-11-29T10:02:16.912Z"));
  EXPECT_EQ(told[0].time, ComplaintTime::line);
  EXPECT_EQ(told[0].pool, "HikariPool-1");
  EXPECT_EQ(told[0].waited, milliseconds(401));
  EXPECT_EQ(told[0].total, 2) << "told before it, at DEBUG";
  EXPECT_EQ(told[0].idle, 0);
  EXPECT_EQ(told[1].at, at("2026-11-29T10:02:17.346Z")) << "of a thread's uncaught exception";
  EXPECT_EQ(told[1].active, 2);
  EXPECT_EQ(told[0].application, "shop");
  EXPECT_EQ(told[0].file, "shop.log");
}

TEST(Parser, ALeakHasTheApplicationsPlace) {
  const auto told = read_text(log_of("hikari.log"));
  ASSERT_THAT(told, SizeIs(6));
  EXPECT_THAT(told[2].place, ElementsAre("H$Checkout.order(H.java:3)", "H.main(H.java:8)"));
  EXPECT_EQ(told[2].connection, told[4].connection) << "which came back";
}

TEST(Parser, IncidentThreesOwnLog) {
  const auto told = read_text(log_of("hikari-deadlock.log"));
  using enum ComplaintKind;
  ASSERT_THAT(kinds(told), ElementsAre(leak, leak, leak_returned, timed_out, leak_returned, timed_out));
  EXPECT_EQ(told[3].waited, milliseconds(5'007));
  EXPECT_EQ(told[5].waited, milliseconds(5'008));
  EXPECT_LT(told[5].at - told[3].at, milliseconds(100));
  ASSERT_FALSE(told[0].place.empty());
  EXPECT_THAT(told[0].place.front(), ::testing::Not(::testing::HasSubstr("springframework")));
}

TEST(Parser, SpringBootsLayoutWithCounts) {
  const auto told = read_text(log_of("hikari-spring-boot.log"));
  const auto failed = std::ranges::count(told, ComplaintKind::timed_out, &PoolComplaint::kind);
  EXPECT_EQ(failed, 2) << "each told by Spring's exception and by its cause";
  const auto first = std::ranges::find(told, ComplaintKind::timed_out, &PoolComplaint::kind);
  ASSERT_NE(first, told.end());
  EXPECT_EQ(first->total, 2);
  EXPECT_EQ(first->idle, 0);
}

TEST(Parser, JavaUtilLoggingHasItsTimeInALineOfItsOwn) {
  const auto told = read_text(log_of("hikari-java-util-logging.log"));
  using enum ComplaintKind;
  ASSERT_THAT(kinds(told), ElementsAre(timed_out, timed_out, leak, leak, leak_returned, leak_returned));
  EXPECT_EQ(told[0].at, at("2026-11-29T10:02:31Z"));
  EXPECT_THAT(told[2].place, ElementsAre("H$Checkout.order(H.java:3)", "H.main(H.java:8)"));
}

TEST(Parser, SqlAlchemysTracebackIsOneEvent) {
  const auto told = read_text(log_of("sqlalchemy.log"));
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].at, at("2026-11-29T10:01:38.831Z")) << "that of the entry which the traceback belongs to";
  EXPECT_EQ(told[1].at, at("2026-11-29T10:01:39.864Z"));
  EXPECT_EQ(told[0].limit, 3);
}

TEST(Parser, SequelizeWithAndWithoutTime) {
  const auto told = read_text(log_of("sequelize.log"));
  ASSERT_THAT(told, SizeIs(4)) << "four times said, by four lines of ours";
  for (const auto& complaint : told) EXPECT_EQ(complaint.library, PoolLibrary::sequelize);
  EXPECT_EQ(told[0].time, ComplaintTime::reading);
  EXPECT_EQ(told[0].at, now);
  EXPECT_EQ(told[3].time, ComplaintTime::line);
  EXPECT_EQ(told[3].at, at("2026-11-29T10:01:50.317Z"));
}

TEST(Parser, NodePostgres) {
  const auto told = read_text(log_of("node-postgres.log"));
  ASSERT_THAT(told, SizeIs(3)) << "not \"query failed: timeout exceeded ...\", which anything may have said; and what "
                                  "has no time belongs to the entry before it";
  EXPECT_EQ(told[1].at, at("2026-11-29T10:01:59.597Z"));
  EXPECT_EQ(told[2].at, at("2026-11-29T10:01:59.627Z"));
}

TEST(Parser, PgBouncer) {
  const auto told = read_text(log_of("pgbouncer.log"), eastern);
  using enum ComplaintKind;
  ASSERT_THAT(kinds(told), ElementsAre(timed_out, refused, refused));
  EXPECT_EQ(told[0].at, at("2026-11-29T10:03:22.805Z")) << "it names its zone";
  EXPECT_EQ(told[0].database, "postgres");
}

TEST(Parser, ServersThatAreFull) {
  EXPECT_THAT(kinds(read_text(log_of("psycopg.log"))),
              ElementsAre(ComplaintKind::server_full, ComplaintKind::server_full));
}

TEST(Parser, TimesAsTheyAreWritten) {
  const std::string said = " ERROR shop - HikariPool-1 - Connection is not available, request timed out after 30000ms.";
  const auto time = [&](const std::string& prefix) {
    const auto told = read_text(prefix + said + "\n", eastern);
    return told.size() == 1 && told[0].time == ComplaintTime::line ? model::to_rfc3339(told[0].at) : "none";
  };
  EXPECT_EQ(time("2026-11-29T10:11:12.345+01:00"), "2026-11-29T09:11:12.345000Z") << "Spring Boot 3";
  EXPECT_EQ(time("2026-11-29T10:11:12.345Z"), "2026-11-29T10:11:12.345000Z");
  EXPECT_EQ(time("2026-11-29T10:11:12.345678901Z stderr F 2026-11-29 12:11:12.300"), "2026-11-29T10:11:12.345678Z");
  EXPECT_EQ(time("2026-11-29 10:11:12.345"), "2026-11-29T08:11:12.345000Z") << "Spring Boot 2, by the machine's zone";
  EXPECT_EQ(time("2026-11-29 10:11:12,345"), "2026-11-29T08:11:12.345000Z") << "Python";
  EXPECT_EQ(time("2026/11/29 10:11:12"), "2026-11-29T08:11:12.000000Z") << "Go";
  EXPECT_EQ(time("[2026-11-29 10:11:12 +0000]"), "2026-11-29T10:11:12.000000Z") << "gunicorn";
  EXPECT_EQ(time("2026-11-29 10:11:12.345 UTC [4711]"), "2026-11-29T10:11:12.345000Z");
  EXPECT_EQ(time("2026-11-29 10:11:12.345 CET [4711]"), "2026-11-29T08:11:12.345000Z");
  EXPECT_EQ(time("10:11:12.345 [main]"), "2026-11-29T08:11:12.345000Z") << "logback's own";
  EXPECT_EQ(time("23:59:59,999 [main]"), "2026-11-28T21:59:59.999000Z") << "yesterday's";
  EXPECT_EQ(time("Nov 29 10:11:12 web1 shop[4711]: "), "2026-11-29T08:11:12.000000Z") << "syslog";
  EXPECT_EQ(time("2026-13-29 10:11:12.345"), "none");
  EXPECT_EQ(time("2026-02-30 10:11:12.345"), "none");
  EXPECT_EQ(time("10:11:12"), "none") << "anything could be that";
}

TEST(Parser, JsonLinesOfContainers) {
  const std::string text =
      R"({"@timestamp":"2026-11-29T10:04:59.500Z","level":"ERROR","message":"order failed","stack_trace":"java.sql.)"
      R"(SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30000ms.\n)"
      R"(\tat shop.Checkout.order(Checkout.java:3)\n"})"
      "\n"
      R"({"log":"2026-11-29 12:04:58,100 ERROR shop: QueuePool limit of size 5 overflow 10 reached, connection timed )"
      R"(out, timeout 30.00\n","stream":"stderr","time":"2026-11-29T10:04:58.123456789Z"})"
      "\n"
      R"({"ts":1795946698.25,"level":"error","msg":"no order","error":"pq: sorry, too many clients already"})"
      "\n";
  const auto told = read_text(text);
  ASSERT_THAT(told, SizeIs(3));
  EXPECT_EQ(told[0].at, at("2026-11-29T10:04:59.5Z"));
  EXPECT_EQ(told[1].at, at("2026-11-29T10:04:58.123456Z"));
  EXPECT_EQ(told[1].limit, 15);
  EXPECT_EQ(told[2].kind, ComplaintKind::server_full);
  EXPECT_EQ(told[2].at, at("2026-11-29T10:04:58.25Z"));
}

TEST(Parser, HistoryWithoutTimesIsOfAnUnknownTime) {
  const auto told = read_text("SequelizeConnectionAcquireTimeoutError: Operation timeout\n", utc, false);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].time, ComplaintTime::unknown);
}

TEST(Parser, RequestsThatFailTogetherAreCountedEach) {
  const auto told = read_text(
      "2026-11-29 10:00:00.001 [a] ERROR s - HikariPool-1 - Connection is not available, request timed out after "
      "30000ms.\n"
      "2026-11-29 10:00:00.001 [b] ERROR s - HikariPool-1 - Connection is not available, request timed out after "
      "30000ms.\n"
      "2026-11-29 10:00:00.002 [b] ERROR t - HikariPool-1 - Connection is not available, request timed out after "
      "30000ms.\n");
  EXPECT_THAT(told, SizeIs(2)) << "two threads, one of which told it twice";
}

// The last line may be cut, and the file may be anything.
TEST(Parser, ACutLogTellsLessAndNothingElse) {
  const std::string whole = log_of("hikari.log");
  const auto all = read_text(whole);
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    const auto told = read_text(whole.substr(0, length));
    ASSERT_LE(told.size(), all.size());
    for (std::size_t index = 0; index < told.size(); ++index) {
      EXPECT_EQ(told[index].kind, all[index].kind) << length;
      EXPECT_EQ(told[index].at, all[index].at) << length;
    }
  }
}

TEST(Parser, NulsBadUtf8AndEndlessLinesAreSurvived) {
  std::string text = "\xff\xfe\n" + std::string(300'000, 'x') + "\n" + std::string(5'000, '\0');
  text += "2026-11-29 10:00:00.001 ERROR Pool-\xff - Connection is not available, request timed out after 30000ms.\r\n";
  text += "2026-11-29 10:00:00.500 ERROR P - Connection is not available, request timed out after 30000ms.\r\n";
  const auto told = read_text(text);
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].at, at("2026-11-29T10:00:00.001Z"));
  EXPECT_EQ(told[0].pool, "Pool-\xEF\xBF\xBD");
  EXPECT_EQ(told[1].pool, "P");
}

RC_GTEST_PROP(ParserProperty, RandomBytesAreNeverMisread, (const std::string& bytes)) {
  RC_ASSERT(read_text(bytes).empty());
}

// Pieces of real lines in any order: it may understand some, and must hold on to its bounds.
RC_GTEST_PROP(ParserProperty, ShuffledRealTextKeepsItsBounds, (const std::vector<unsigned char>& choices)) {
  static const std::string real = log_of("hikari.log") + log_of("sequelize.log") + log_of("pgbouncer.log");
  std::string text;
  for (const unsigned char choice : choices) text += real.substr(choice * 31 % real.size(), choice % 120);
  for (const auto& complaint : read_text(text)) {
    RC_ASSERT(complaint.line.size() <= 1'000U);
    RC_ASSERT(complaint.place.size() <= 3U);
    RC_ASSERT(complaint.pool.size() <= 600U);
  }
}

}  // namespace
}  // namespace lockkeeper::collect::applog
