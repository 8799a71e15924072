// held-outside-transaction, pool-exhausted, nested-connection: rules about the recorder's own pool.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/recordings.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Action;
using model::OddityKind;
using model::Severity;
using model::TransactionEnd;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

TEST(HeldOutsideTransaction, ClientsThatKeepConnectionsWhileOthersWait) {
  const auto finding = only(sleeping_sessions(), held_outside_transaction);
  EXPECT_EQ(finding.title,
            "4 clients of application \"portal\" (user alice, database shop) hold server connections and do nothing "
            "with them, the longest for 4 min");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(finding.count, 4);
  EXPECT_EQ(evidence<std::string>(finding, "pool"), "pool shop/alice");
  EXPECT_EQ(evidence<std::int64_t>(finding, "waiting"), 1);
  EXPECT_EQ(evidence<model::Duration>(finding, "longest_idle"), 240s);
  EXPECT_TRUE(evidence<bool>(finding, "session_mode"));
  EXPECT_THAT(finding.explanation, HasSubstr("4 of 4 connections are in use, and 1 client waits for one"));
  EXPECT_THAT(finding.fix, HasSubstr("transaction mode"));
  EXPECT_THAT(actions(finding), ElementsAre(Action::close_client)) << "the snapshot does not list their sessions";
  EXPECT_EQ(finding.remedies.front().statement, "KILL_CLIENT 4; KILL_CLIENT 3; KILL_CLIENT 2; KILL_CLIENT 1;");
}

TEST(HeldOutsideTransaction, APinnedConnectionSaysWhatPinsIt) {
  Recorded scene;
  scene.add(recorded(1).idle(60s).pinned("LISTEN").holds(1)).add(client(1).idle(60s)).pool(1);
  const auto finding = only(scene.lost(4), held_outside_transaction);
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "pins"), ElementsAre("LISTEN"));
  EXPECT_THAT(finding.likely_mistake, HasSubstr("LISTEN"));
  EXPECT_THAT(subject_pids(finding), ElementsAre(1));
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate, Action::close_client));
  EXPECT_THAT(finding.title, StartsWith("1 client of")) << "what is open now is known, whatever facts were lost";
}

TEST(HeldOutsideTransaction, APoolOfMariadbIsAllItsUsersAndDatabases) {
  Recorded scene;
  const auto on_mariadb = [](ClientDraft draft) { return draft.on(model::Engine::mariadb).in_session_mode(); };
  scene.add(on_mariadb(recorded(1).idle(60s).holds(1)));
  scene.add(on_mariadb(recorded(2).of("bob").in("stock").named("stock").idle(1s).holds(2)));
  scene.add(recorded(3).idle(60s).in_session_mode().holds(3));  // of PostgreSQL, and of no pool of MariaDB's
  scene.pool_of_server(2);
  const auto finding = only(scene, held_outside_transaction);
  EXPECT_THAT(finding.title, StartsWith("1 client of application \"shop\"")) << "the other has only just stopped";
  EXPECT_EQ(evidence<std::string>(finding, "pool"), "pool of server main");
  const auto dry = only(scene, pool_exhausted);
  EXPECT_THAT(evidence<std::vector<std::string>>(dry, "holders"), SizeIs(2));
}

TEST(HeldOutsideTransaction, LookAlikesStaySilent) {
  Recorded roomy;
  roomy.add(recorded(1).idle(1h).in_session_mode().holds(1)).pool_in_session_mode(10);
  EXPECT_THAT(roomy.judge(held_outside_transaction), IsEmpty()) << "nobody wants it";
  Recorded busy;
  busy.add(recorded(1).idle(9s).in_session_mode().holds(1));                         // for a moment only
  busy.add(recorded(2).began(60s).ran("SELECT 1", 60s).in_session_mode().holds(2));  // idle-transaction's
  busy.add(recorded(3).active("SELECT 1", 60s).in_session_mode().holds(3));          // at work
  busy.add(recorded(4).idle(1h));                                                    // holds nothing
  busy.add(recorded(5).waiting(20s)).pool_in_session_mode(3);
  EXPECT_THAT(busy.judge(held_outside_transaction), IsEmpty());
  EXPECT_THAT(Scene().judge(held_outside_transaction), IsEmpty());
}

TEST(PoolExhausted, SaysWhoHoldsThePool) {
  const auto finding = only(dry_pool(), pool_exhausted);
  EXPECT_EQ(finding.title, "all 4 connections of pool shop/alice are taken; 2 clients wait, the longest for 20 s");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(finding.count, 2);
  EXPECT_EQ(evidence<model::Duration>(finding, "queue_timeout"), 30s);
  EXPECT_EQ(evidence<std::int64_t>(finding, "silent_in_transaction"), 3);
  EXPECT_THAT(
      evidence<std::vector<std::string>>(finding, "holders"),
      ElementsAre(
          "3 by application \"webhook\" (user alice, database shop): idle in transaction, the longest for 1 "
          "min 2 s, after SELECT * FROM products WHERE id = ?",
          "1 by application \"shop\" (user alice, database shop): active, the longest for 50 ms, runs SELECT ?"));
  EXPECT_THAT(subject_pids(finding), ElementsAre(3, 2, 1)) << "only those that run nothing";
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate, Action::close_client));
  EXPECT_EQ(finding.remedies.front().predicted,
            "3 connections freed for those who wait; nothing was written, so nothing is lost");
  EXPECT_THAT(finding.evidence.statements, SizeIs(2));
}

TEST(PoolExhausted, IsCriticalOnceWaitsFail) {
  Recorded scene = dry_pool();
  const auto id = only(scene, pool_exhausted).id;
  scene.odd(recorded(20), OddityKind::queue_timeout, 5s).odd(recorded(21), OddityKind::queue_timeout, 2min);
  const auto finding = only(scene.lost(3), pool_exhausted);
  EXPECT_EQ(finding.severity, Severity::critical);
  EXPECT_EQ(finding.id, id);
  EXPECT_EQ(evidence<std::int64_t>(finding, "timed_out_lately"), 1) << "the other is long ago";
  EXPECT_THAT(finding.explanation, HasSubstr("lower bound"));
  Recorded impatient;
  impatient.add(recorded(1).active("SELECT 1", 1s).holds(1)).add(recorded(2).waiting(900ms)).pool(1, 1s);
  EXPECT_EQ(only(impatient, pool_exhausted).severity, Severity::critical) << "near its deadline";
  EXPECT_THAT(only(impatient, pool_exhausted).remedies, IsEmpty()) << "nobody holds it without need";
}

TEST(PoolExhausted, LookAlikesStaySilent) {
  Recorded short_wait;
  short_wait.add(recorded(1).active("SELECT 1", 1s).holds(1)).add(recorded(2).waiting(10s)).pool(1);
  EXPECT_THAT(short_wait.judge(pool_exhausted), IsEmpty()) << "a third of its patience";
  Recorded room;
  room.add(recorded(1).active("SELECT 1", 1s).holds(1)).add(recorded(2).waiting(29s)).pool(2);
  EXPECT_THAT(room.judge(pool_exhausted), IsEmpty()) << "a connection may still be opened: another thing is wrong";
  Recorded full;
  full.add(recorded(1).active("SELECT 1", 1s).holds(1)).pool(1);
  EXPECT_THAT(full.judge(pool_exhausted), IsEmpty()) << "well used, nobody waits";
  EXPECT_THAT(Scene().judge(pool_exhausted), IsEmpty());
}

TEST(NestedConnection, AUnitThatWaitsForASecondConnection) {
  const auto finding = only(requires_new(), nested_connection);
  EXPECT_EQ(finding.title,
            "2 units of work of application \"counter\" (user alice, database shop) took a second connection inside a "
            "transaction; 2 waited for it");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.confidence, model::Confidence::certain);
  EXPECT_EQ(evidence<std::int64_t>(finding, "waited"), 2);
  EXPECT_THAT(evidence<std::vector<std::string>>(finding, "units").front(),
              HasSubstr("client 1 had a transaction open, client 11 waits for a second connection"));
  EXPECT_THAT(finding.evidence.statements, SizeIs(2));
}

TEST(NestedConnection, WhatIsOverCountsToo) {
  Recorded scene;
  auto outer = recorded(1).unit("trace-1");
  outer.began(20s).ran("INSERT INTO orders VALUES (1)", 19s);
  auto inner = recorded(2).unit("trace-1");
  inner.began(18s).ran("UPDATE counters SET n = 1", 17s);
  scene.ends(inner, TransactionEnd::committed, 16s).ends(outer, TransactionEnd::committed, 15s);
  auto finding = only(scene, nested_connection);
  EXPECT_EQ(finding.severity, Severity::notice) << "it got its second connection";
  scene.odd(recorded(3).unit("trace-1"), OddityKind::queue_timeout, 17s);
  const auto id = finding.id;
  finding = only(scene.lost(1), nested_connection);
  EXPECT_EQ(finding.severity, Severity::warning) << "and once it did not";
  EXPECT_EQ(finding.id, id);
  EXPECT_THAT(finding.title, StartsWith("at least 1 unit of work of"));
}

TEST(NestedConnection, LookAlikesStaySilent) {
  Recorded scene;
  const auto over = [&](std::uint64_t id, const std::string& unit, model::Duration from, model::Duration to) {
    auto one = recorded(id).unit(unit);
    one.began(from).ran("SELECT 1", from);
    scene.ends(one, TransactionEnd::committed, to);
  };
  over(1, "one after the other", 20s, 15s);
  over(2, "one after the other", 14s, 10s);
  over(3, "unit a", 20s, 10s);
  over(4, "unit b", 15s, 12s);
  over(5, "", 20s, 10s);
  over(6, "", 15s, 12s);
  scene.add(recorded(7).unit("parallel").active("SELECT 1", 3s).holds(7));  // no transaction holds anything
  scene.add(recorded(8).unit("parallel").active("SELECT 1", 2s).holds(8));
  scene.add(recorded(9).unit("two pools").began(20s).ran("SELECT 1", 19s).holds(9));
  scene.add(recorded(10).of("reporter").unit("two pools").began(18s).ran("SELECT 1", 17s).holds(10));
  EXPECT_THAT(scene.judge(nested_connection), IsEmpty());
  EXPECT_THAT(Scene().judge(nested_connection), IsEmpty());
}

}  // namespace
}  // namespace lockkeeper::rules
