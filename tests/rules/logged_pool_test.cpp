// pool-exhausted and pool-deadlock by an application's log: what is certain, what is likely, what must stay silent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Action;
using model::ComplaintKind;
using model::Confidence;
using model::PoolComplaint;
using model::PoolLibrary;
using model::Severity;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view counter = "UPDATE counters SET last = last + 1 WHERE name = 'ticket'";
constexpr model::Duration our_clock_is_ahead = 5min;

// A request that failed so long ago, by our clock, which is not the server's.
PoolComplaint failed(model::Duration age, std::optional<model::Duration> waited = 30s) {
  PoolComplaint told;
  told.library = PoolLibrary::hikari;
  told.at = look_time() + our_clock_is_ahead - age;
  told.application = "shop";
  told.pool = "HikariPool-1";
  told.waited = waited;
  told.line = "HikariPool-1 - Connection is not available, request timed out after 30000ms.";
  told.file = "/var/log/shop.log";
  told.line_number = 4711;
  return told;
}

PoolComplaint counted_by_pool(PoolComplaint told, std::int64_t total, std::int64_t waiting) {
  told.total = told.active = total;
  told.idle = 0;
  told.waiting = waiting;
  return told;
}

PoolComplaint unnamed(PoolComplaint told) {
  told.application.clear();
  return told;
}

Scene& tell(Scene& scene, const std::vector<PoolComplaint>& complaints) {
  model::AppLog& log = scene.app_log.emplace();
  log.taken_at = look_time() + our_clock_is_ahead;
  log.complaints = complaints;
  log.files = {{"shop", "/var/log/shop.log", ""}};
  return scene;
}

// A look so long before this one, at which these sessions were there. Their ages are at `look_time`, as everywhere.
void saw(Scene& scene, model::Duration ago, const std::vector<Draft>& drafts) {
  Scene before;
  for (const Draft& draft : drafts) before.add(draft);
  before.snapshot.taken_at -= ago;
  scene.pools.add(before.snapshot);
}

model::Finding only_one(const Scene& scene, Rule rule) {
  const auto findings = scene.judge(rule);
  EXPECT_THAT(findings, SizeIs(1));
  return findings.empty() ? model::Finding{} : findings.front();
}

// Three leaked in a pool of three, and a request that found nothing 12 s ago.
Scene leaked_pool() {
  Scene scene;
  for (std::int64_t pid : {1, 2, 3}) scene.add(client(pid).idle_in_transaction(60s + pid * 1s).ran(counter).wrote());
  scene.add(client(9).named("report").active(2s).ran("SELECT 1"));
  tell(scene, {counted_by_pool(failed(12s), 3, 4)});
  return scene;
}

TEST(LoggedPoolExhausted, TheLogSaysThatTheViewsSayWho) {
  const auto finding = only_one(leaked_pool(), pool_exhausted);
  EXPECT_EQ(finding.title,
            "pool HikariPool-1 of application \"shop\" had no connection to give: 1 request failed in the last minute, "
            "the last 12 s ago after 30 s");
  EXPECT_EQ(finding.severity, Severity::critical);
  EXPECT_EQ(finding.confidence, Confidence::certain);
  EXPECT_EQ(finding.count, 1);
  EXPECT_EQ(evidence<std::string>(finding, "log_line"),
            "HikariPool-1 - Connection is not available, request timed out after 30000ms.");
  EXPECT_EQ(evidence<std::string>(finding, "log_file"), "/var/log/shop.log:4711");
  EXPECT_EQ(evidence<model::WallTime>(finding, "last_failed_at"), look_time() - 12s) << "by the server's clock";
  EXPECT_EQ(evidence<std::int64_t>(finding, "pool_size"), 3);
  EXPECT_EQ(evidence<std::int64_t>(finding, "waiting"), 4);
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "holders"),
              ElementsAre("3 idle in transaction, the longest for 1 min 3 s, after UPDATE counters SET last = last + ? "
                          "WHERE name = ?"));
  EXPECT_THAT(subject_pids(finding), ElementsAre(3, 2, 1));
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate));
  EXPECT_EQ(
      finding.remedies.front().predicted,
      "3 connections ended at the server, which those who wait get once the pool has replaced them; what they wrote "
      "is rolled back");
  EXPECT_THAT(finding.likely_mistake, HasSubstr("forgotten"));
}

TEST(LoggedPoolExhausted, WithoutANameTheNumberTellsWhoseItIs) {
  Scene scene = leaked_pool();
  tell(scene, {unnamed(counted_by_pool(failed(12s), 3, 4))});
  const auto finding = only_one(scene, pool_exhausted);
  EXPECT_EQ(finding.confidence, Confidence::certain);
  EXPECT_THAT(finding.title, HasSubstr("of application \"shop\""));
  EXPECT_THAT(subject_pids(finding), SizeIs(3));
}

TEST(LoggedPoolExhausted, OfTwoThatFitNeitherIsActedOn) {
  Scene scene = leaked_pool();
  for (std::int64_t pid : {11, 12, 13}) scene.add(client(pid).named("blog").active(1s).ran("SELECT 1"));
  tell(scene, {unnamed(counted_by_pool(failed(12s), 3, 4))});
  const auto finding = only_one(scene, pool_exhausted);
  EXPECT_EQ(finding.confidence, Confidence::likely);
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "could_be"), SizeIs(2));
  EXPECT_THAT(finding.subjects, IsEmpty());
  EXPECT_THAT(finding.remedies, IsEmpty());
}

TEST(LoggedPoolExhausted, ANumberThatDoesNotFitLeavesTheNameLikely) {
  Scene scene = leaked_pool();
  tell(scene, {counted_by_pool(failed(12s), 10, 4)});
  const auto finding = only_one(scene, pool_exhausted);
  EXPECT_EQ(finding.confidence, Confidence::likely);
  EXPECT_THAT(finding.remedies, IsEmpty());
}

TEST(LoggedPoolExhausted, SessionsOfAnotherNameAreAtMostPresumed) {
  Scene scene = leaked_pool();
  PoolComplaint told = counted_by_pool(failed(12s), 3, 4);
  told.application = "webshop";
  tell(scene, {told});
  const auto finding = only_one(scene, pool_exhausted);
  EXPECT_EQ(finding.confidence, Confidence::likely);
  EXPECT_THAT(finding.explanation, HasSubstr("probably"));
  EXPECT_THAT(finding.remedies, IsEmpty());
}

TEST(LoggedPoolExhausted, WithoutSessionsTheLogStandsAlone) {
  Scene scene;
  scene.add(client(9).named("report").active(2s).ran("SELECT 1"));
  tell(scene, {unnamed(counted_by_pool(failed(12s), 3, 4))});
  const auto finding = only_one(scene, pool_exhausted);
  EXPECT_EQ(finding.confidence, Confidence::likely);
  EXPECT_THAT(finding.explanation, HasSubstr("NAME=FILE"));
  EXPECT_THAT(finding.subjects, IsEmpty());
  scene.app_log->is_shared = true;
  EXPECT_THAT(scene.judge(pool_exhausted), IsEmpty()) << "of several servers it is another one's";
}

TEST(LoggedPoolExhausted, ThatItsConnectionsAreFreeAgainIsSaid) {
  Scene scene;
  for (std::int64_t pid : {1, 2, 3}) scene.add(client(pid).idle(5s));
  saw(scene, 13s, {client(1).active(40s), client(2).active(40s), client(3).active(40s)});
  tell(scene, {failed(12s)});
  const auto finding = only_one(scene, pool_exhausted);
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.confidence, Confidence::certain) << "none was idle then, though HikariCP did not count";
  EXPECT_EQ(evidence<std::int64_t>(finding, "idle_then"), 0);
  EXPECT_THAT(finding.explanation, HasSubstr("3 connections are free again"));
}

TEST(LoggedPoolExhausted, SessionsThatWereIdleMeanwhileWereHeldWithNothingOpen) {
  // Incident 4: entity managers that stay open. Nothing has let go.
  Scene scene;
  std::vector<Draft> sessions;
  for (std::int64_t pid : {1, 2, 3}) sessions.push_back(client(pid).idle(60s));
  for (const Draft& each : sessions) scene.add(each);
  saw(scene, 13s, sessions);
  tell(scene, {counted_by_pool(failed(12s), 3, 2)});
  const auto finding = only_one(scene, pool_exhausted);
  EXPECT_EQ(finding.severity, Severity::critical);
  EXPECT_EQ(evidence<std::int64_t>(finding, "idle_then"), 3);
  EXPECT_THAT(finding.explanation, Not(HasSubstr("free again")));
  EXPECT_THAT(finding.explanation, HasSubstr("3 sessions were idle with nothing open"));
  EXPECT_THAT(finding.likely_mistake, HasSubstr("entity manager"));
  EXPECT_THAT(finding.fix, HasSubstr("Close entity managers"));
}

TEST(LoggedPoolExhausted, WithoutCountsASecondLookIsNeededToBeSure) {
  Scene scene;
  for (std::int64_t pid : {1, 2, 3}) scene.add(client(pid).idle(5s));
  tell(scene, {failed(12s)});
  EXPECT_EQ(only_one(scene, pool_exhausted).confidence, Confidence::likely)
      << "HikariCP says the same where the server refuses it";
}

TEST(LoggedPoolExhausted, SlowStatementsAreAnotherMistake) {
  Scene scene;
  for (std::int64_t pid : {1, 2, 3}) scene.add(client(pid).active(40s).ran("SELECT slow()"));
  tell(scene, {counted_by_pool(failed(2s), 3, 4)});
  const auto finding = only_one(scene, pool_exhausted);
  EXPECT_EQ(finding.confidence, Confidence::certain);
  EXPECT_THAT(finding.likely_mistake, HasSubstr("More work arrives"));
  EXPECT_THAT(finding.remedies, IsEmpty());
  EXPECT_THAT(scene.judge(pool_deadlock), IsEmpty());
}

TEST(LoggedPoolExhausted, PgBouncerNamesDatabaseAndUser) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(60s).ran(counter)).add(client(2).of("bob").idle_in_transaction(60s));
  PoolComplaint told = unnamed(failed(2s, std::nullopt));
  told.library = PoolLibrary::pgbouncer;
  told.pool = "";
  told.database = "shop";
  told.user = "alice";
  tell(scene, {told});
  const auto finding = only_one(scene, pool_exhausted);
  EXPECT_THAT(finding.title, HasSubstr("the PgBouncer pool shop/alice"));
  EXPECT_EQ(finding.confidence, Confidence::likely);
  EXPECT_EQ(evidence<std::int64_t>(finding, "silent_in_transaction"), 1);
}

TEST(LoggedPoolExhausted, ALeakWarningTellsThePlace) {
  Scene scene = leaked_pool();
  PoolComplaint leak = failed(40s, std::nullopt);
  leak.kind = ComplaintKind::leak;
  leak.connection = "PgConnection@1";
  leak.place = {"shop.Checkout.order(Checkout.java:31)"};
  PoolComplaint back = leak;
  back.connection = "PgConnection@2";
  PoolComplaint returned = back;
  returned.kind = ComplaintKind::leak_returned;
  tell(scene, {leak, back, returned, counted_by_pool(failed(12s), 3, 4)});
  const auto finding = only_one(scene, pool_exhausted);
  EXPECT_EQ(evidence<std::int64_t>(finding, "leak_warnings"), 1) << "the other came back";
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "taken_at"),
              ElementsAre("shop.Checkout.order(Checkout.java:31)"));
  const auto idle = only_one(scene, idle_transaction);
  EXPECT_THAT(evidence<std::vector<std::string>>(idle, "taken_at"), SizeIs(1));
}

TEST(LoggedPoolExhausted, TheSameTroubleKeepsItsId) {
  Scene scene = leaked_pool();
  const auto id = only_one(scene, pool_exhausted).id;
  tell(scene, {counted_by_pool(failed(50s), 4, 1), counted_by_pool(failed(1s), 3, 9)});
  EXPECT_EQ(only_one(scene, pool_exhausted).id, id);
}

TEST(LoggedPoolExhausted, LookAlikesStaySilent) {
  Scene old = leaked_pool();
  tell(old, {failed(2min)});
  EXPECT_THAT(old.judge(pool_exhausted), IsEmpty()) << "long ago";
  Scene early = leaked_pool();
  tell(early, {failed(-1h)});
  EXPECT_THAT(early.judge(pool_exhausted), IsEmpty()) << "another zone's clock";
  Scene room = leaked_pool();
  PoolComplaint grows = counted_by_pool(failed(2s), 3, 4);
  grows.limit = 10;
  tell(room, {grows});
  EXPECT_THAT(room.judge(pool_exhausted), IsEmpty()) << "the server gave it no more connections";
  Scene down = leaked_pool();
  tell(down, {counted_by_pool(failed(2s), 0, 4)});
  EXPECT_THAT(down.judge(pool_exhausted), IsEmpty()) << "the server was down";
  Scene leak = leaked_pool();
  PoolComplaint warning = failed(2s);
  warning.kind = ComplaintKind::leak;
  tell(leak, {warning});
  EXPECT_THAT(leak.judge(pool_exhausted), IsEmpty()) << "a warning is no failure";
  EXPECT_THAT(Scene().judge(pool_exhausted), IsEmpty());
}

// Incident 3: two requests hold both connections, and each asks for a third at the same moment.
Scene ring(bool with_name = true, std::optional<std::int64_t> total = std::nullopt) {
  Scene scene;
  const std::vector<Draft> holders{client(1).idle_in_transaction(33s + 4ms, 34s).ran(counter).wrote(),
                                   client(2).idle_in_transaction(33s + 1ms, 34s).ran(counter).wrote()};
  saw(scene, 5s, holders);
  saw(scene, 4s, holders);
  for (std::int64_t pid : {1, 2}) scene.add(client(pid).idle(2990ms));
  std::vector<PoolComplaint> told{failed(3s, 30'001ms), failed(2995ms, 30'004ms)};
  for (PoolComplaint& each : told) {
    if (!with_name) each.application.clear();
    if (total) each = counted_by_pool(each, *total, 1);
  }
  tell(scene, told);
  return scene;
}

TEST(LoggedPoolDeadlock, WhoHeldAndWhoWaitedWereTheSame) {
  const auto finding = only_one(ring(), pool_deadlock);
  EXPECT_EQ(finding.title,
            "2 units of work of pool HikariPool-1 of application \"shop\" waited for one another through it for 30 s, "
            "until 2 requests failed");
  EXPECT_EQ(finding.severity, Severity::critical);
  EXPECT_EQ(finding.confidence, Confidence::certain);
  EXPECT_EQ(finding.count, 2);
  EXPECT_EQ(evidence<std::int64_t>(finding, "pool_size"), 2) << "that many sessions it had then";
  EXPECT_EQ(evidence<std::int64_t>(finding, "held"), 2);
  EXPECT_EQ(evidence<model::WallTime>(finding, "began_at"), look_time() - 33s - 1ms);
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "ring"), SizeIs(4));
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "last_statements"),
              ElementsAre("UPDATE counters SET last = last + ? WHERE name = ?"));
  EXPECT_THAT(finding.explanation, HasSubstr("its own unit of work held one"));
  EXPECT_THAT(finding.likely_mistake, HasSubstr("second connection"));
  EXPECT_THAT(finding.remedies, IsEmpty()) << "it has ended by itself";
  const auto exhausted = only_one(ring(), pool_exhausted);
  EXPECT_EQ(evidence<std::int64_t>(exhausted, "silent_since_request"), 2);
  EXPECT_THAT(exhausted.likely_mistake, HasSubstr("second connection"));
}

TEST(LoggedPoolDeadlock, TheNumberIsAsGoodAsTheName) {
  EXPECT_EQ(only_one(ring(false, 2), pool_deadlock).confidence, Confidence::certain);
}

TEST(LoggedPoolDeadlock, TheFirstFailureFreesTheOthers) {
  Scene scene;
  std::vector<Draft> holders;
  for (std::int64_t pid : {1, 2, 3}) holders.push_back(client(pid).idle_in_transaction(33s - pid * 100ms).ran(counter));
  saw(scene, 4s, holders);
  for (std::int64_t pid : {1, 2, 3}) scene.add(client(pid).idle(2s));
  tell(scene, {counted_by_pool(failed(3s, 29'900ms), 3, 2)});
  const auto finding = only_one(scene, pool_deadlock);
  EXPECT_EQ(finding.count, 3) << "one failed, two waited";
  EXPECT_EQ(evidence<std::int64_t>(finding, "failed"), 1);
  tell(scene, {counted_by_pool(failed(3s, 29'900ms), 3, 0)});
  EXPECT_THAT(scene.judge(pool_deadlock), IsEmpty()) << "two of the three waited for nothing that is known";
}

TEST(LoggedPoolDeadlock, APoolOfOneLocksItselfUp) {
  Scene scene;
  saw(scene, 4s, {client(1).idle_in_transaction(33s).ran(counter)});
  scene.add(client(1).idle(2s));
  tell(scene, {failed(3s)});
  EXPECT_EQ(only_one(scene, pool_deadlock).count, 1);
}

TEST(LoggedPoolDeadlock, AnEarlierRoundStillTellsWhileTheNextOneWaits) {
  Scene scene;
  saw(scene, 40s, {client(1).idle_in_transaction(68s).ran(counter), client(2).idle_in_transaction(68s).ran(counter)});
  saw(scene, 36s, {client(1).idle(36s), client(2).idle(36s)});
  saw(scene, 5s, {client(1).idle_in_transaction(33s).ran(counter), client(2).idle_in_transaction(33s).ran(counter)});
  for (std::int64_t pid : {1, 2}) scene.add(client(pid).idle_in_transaction(33s).ran(counter));
  tell(scene, {failed(38s), failed(37'990ms), failed(3s), failed(2'990ms)});
  const auto finding = only_one(scene, pool_deadlock);
  EXPECT_EQ(evidence<model::WallTime>(finding, "last_failed_at"), look_time() - 37'990ms)
      << "those of the second round have not let go yet";
}

TEST(LoggedPoolDeadlock, LookAlikesStaySilent) {
  EXPECT_THAT(leaked_pool().judge(pool_deadlock), IsEmpty()) << "silent since long before";

  Scene burst;  // leaked all together, just before the requests that they starve
  for (std::int64_t pid : {1, 2}) burst.add(client(pid).idle_in_transaction(33s).ran(counter));
  saw(burst, 5s, {client(1).idle_in_transaction(33s).ran(counter), client(2).idle_in_transaction(33s).ran(counter)});
  tell(burst, {failed(3s), failed(2'990ms)});
  EXPECT_THAT(burst.judge(pool_deadlock), IsEmpty()) << "they do not let go when the requests fail";
  EXPECT_FALSE(has_evidence(only_one(burst, pool_exhausted), "silent_since_request"));

  Scene one;  // one of two units took a second connection, the other's session is at work
  saw(one, 5s, {client(1).idle_in_transaction(33s).ran(counter), client(2).active(33s).ran("SELECT slow()")});
  for (std::int64_t pid : {1, 2}) one.add(client(pid).idle(2s));
  tell(one, {failed(3s)});
  EXPECT_THAT(one.judge(pool_deadlock), IsEmpty());
  EXPECT_EQ(evidence<std::int64_t>(only_one(one, pool_exhausted), "silent_since_request"), 1) << "but it is told";

  Scene leak_and_one;  // a leak holds the rest
  saw(leak_and_one, 5s, {client(1).idle_in_transaction(33s).ran(counter), client(2).idle_in_transaction(90s)});
  leak_and_one.add(client(1).idle(2s)).add(client(2).idle_in_transaction(90s));
  tell(leak_and_one, {failed(3s), failed(2'990ms)});
  EXPECT_THAT(leak_and_one.judge(pool_deadlock), IsEmpty());

  Scene unseen;  // one look, after it: nobody was seen to hold anything
  for (std::int64_t pid : {1, 2}) unseen.add(client(pid).idle(2s));
  tell(unseen, {failed(3s), failed(2'990ms)});
  EXPECT_THAT(unseen.judge(pool_deadlock), IsEmpty());

  Scene untimed = ring();
  for (PoolComplaint& each : untimed.app_log->complaints) each.waited.reset();
  EXPECT_THAT(untimed.judge(pool_deadlock), IsEmpty()) << "since when they waited is not told";

  Scene other = ring();
  for (PoolComplaint& each : other.app_log->complaints) each.application = "blog";
  EXPECT_THAT(other.judge(pool_deadlock), IsEmpty()) << "not this application's sessions";
}

TEST(PoolMemory, MySqlsWholeSecondsAreOneSilence) {
  PoolMemory memory;
  Scene scene;
  scene.snapshot.server.product = "MariaDB";
  for (int second = 0; second < 5; ++second) {
    scene.snapshot.sessions.clear();
    scene.add(client(1).idle_in_transaction(20s - second * 1s + (second % 2) * 400ms));
    scene.snapshot.taken_at = look_time() + second * 10ms;
    for (auto& session : scene.snapshot.sessions) session.state_changed_at = look_time() - 20s + (second % 2) * 900ms;
    memory.add(scene.snapshot);
  }
  const auto silent = memory.silent(group_of(scene.snapshot.sessions.front()));
  ASSERT_THAT(silent, SizeIs(1));
  EXPECT_EQ(silent.front()->since, look_time() - 20s);
}

TEST(PoolMemory, IsBounded) {
  PoolMemory memory;
  Scene scene;
  scene.add(client(1).idle_in_transaction(20s));
  for (int look = 0; look < 1'000; ++look) {
    scene.snapshot.taken_at += 1s;
    scene.snapshot.sessions.front().state_changed_at = scene.snapshot.taken_at - 2s;
    memory.add(scene.snapshot);
  }
  EXPECT_LE(memory.looks(), 256U);
  EXPECT_LE(memory.silent(group_of(scene.snapshot.sessions.front())).size(), 256U);
}

}  // namespace
}  // namespace lockkeeper::rules
