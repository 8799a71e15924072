// Who is who: session ids, finding ids, and finding a session in a snapshot.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <regex>

#include "model/diagnosis.hpp"
#include "model/finding.hpp"
#include "model/guard.hpp"
#include "model/session.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::model {
namespace {

const WallTime start = *parse_time("2026-11-22T05:02:22.123456Z");

TEST(SessionId, IsPidAtStart) {
  EXPECT_EQ(to_string(SessionId{4711, start}), "4711@2026-11-22T05:02:22.123456Z");
  EXPECT_EQ(parse_session_id("4711@2026-11-22T05:02:22.123456Z"), (SessionId{4711, start}));
  EXPECT_EQ(parse_session_id("4711@2026-11-22 05:02:22.123456+00"), (SessionId{4711, start}));
}

TEST(SessionId, NonsenseIsRejected) {
  for (const char* text :
       {"", "@", "4711", "4711@", "@2026-11-22T05:02:22Z", "x@2026-11-22T05:02:22Z", "47 11@2026-11-22T05:02:22Z",
        "4711x@2026-11-22T05:02:22Z", "-1@2026-11-22T05:02:22Z", "0@2026-11-22T05:02:22Z", " 4711@2026-11-22T05:02:22Z",
        "4711@yesterday", "4711@@2026-11-22T05:02:22Z", "99999999999999999999@2026-11-22T05:02:22Z"}) {
    EXPECT_EQ(parse_session_id(text), std::nullopt) << text;
  }
}

TEST(SessionIdProperty, WhatIsWrittenIsReadBack) {
  EXPECT_TRUE(rc::check([] {
    const SessionId id{*rc::gen::inRange<std::int64_t>(1, 1LL << 40),
                       start + Duration(*rc::gen::inRange<std::int64_t>(-(1LL << 50), 1LL << 50))};
    RC_ASSERT(parse_session_id(to_string(id)) == id);
  }));
}

TEST(FindingId, IsTheRuleAndEightHexadecimalDigits) {
  const auto id = make_finding_id(RuleId("idle-transaction"), {"127.0.0.1:5432", "shop"});
  EXPECT_TRUE(std::regex_match(id.value(), std::regex("idle-transaction-[0-9a-f]{8}"))) << id.value();
  EXPECT_EQ(make_finding_id(RuleId("idle-transaction"), {"127.0.0.1:5432", "shop"}), id);
}

TEST(FindingId, IsTheSameFromReleaseToRelease) {
  // Scripts and audits keep these ids: a change of the hash must be meant.
  EXPECT_EQ(make_finding_id(RuleId("root-blocker"), {"db:5432", "771"}).value(), "root-blocker-e70b2303");
}

TEST(FindingId, DiffersWithRulePartsOrderAndBoundaries) {
  const RuleId rule("root-blocker");
  const auto id = make_finding_id(rule, {"ab", "c"});
  EXPECT_NE(make_finding_id(rule, {"a", "bc"}), id);
  EXPECT_NE(make_finding_id(rule, {"c", "ab"}), id);
  EXPECT_NE(make_finding_id(rule, {"ab", "c", ""}), id);
  EXPECT_NE(make_finding_id(rule, {"abc"}), id);
  EXPECT_NE(make_finding_id(rule, {"ab\n1:c"}), id);
  EXPECT_NE(make_finding_id(rule, {}), make_finding_id(rule, {""}));
  // The hash, not only the prefix, knows the rule.
  const auto other = make_finding_id(RuleId("vacuum-horizon"), {"ab", "c"});
  EXPECT_NE(other.value().substr(other.value().size() - 8), id.value().substr(id.value().size() - 8));
}

TEST(FindingIdProperty, DifferentPartsGiveDifferentIds) {
  EXPECT_TRUE(rc::check([] {
    const auto one = *rc::gen::arbitrary<std::vector<std::string>>();
    const auto other = *rc::gen::arbitrary<std::vector<std::string>>();
    const RuleId rule("idle-transaction");
    RC_ASSERT((make_finding_id(rule, one) == make_finding_id(rule, other)) == (one == other));
  }));
}

TEST(Snapshot, FindsASessionByItsWholeId) {
  Snapshot snapshot;
  for (const auto pid : {3, 5, 5, 8}) {
    Session session;
    session.id = {pid, start + std::chrono::seconds(snapshot.sessions.size())};
    session.application = std::to_string(snapshot.sessions.size());
    snapshot.sessions.push_back(session);
  }
  for (const auto& session : snapshot.sessions) EXPECT_EQ(snapshot.find(session.id), &session);
  EXPECT_EQ(snapshot.find({5, start}), nullptr);  // the pid is there, but came again
  EXPECT_EQ(snapshot.find({4, start}), nullptr);
  EXPECT_EQ(snapshot.find({9, start}), nullptr);
  EXPECT_EQ(Snapshot{}.find({3, start}), nullptr);
}

TEST(Snapshot, AbsenceIsOnlyClaimedWhereAllWasSeen) {
  Diagnosis diagnosis;
  EXPECT_TRUE(diagnosis.complete());
  diagnosis.missing.push_back({"what", "why", "cure"});
  EXPECT_FALSE(diagnosis.complete());
  diagnosis.missing.clear();
  diagnosis.failure = LookFailure{"unreachable", "", ""};
  EXPECT_FALSE(diagnosis.complete());
}

TEST(Server, UsableConnectionsAreThoseOfAnOrdinaryRole) {
  Server server;
  server.max_connections = 100;
  server.reserved_for_superusers = 3;
  server.reserved_for_roles = 5;
  EXPECT_EQ(server.usable_connections(), 92);
}

TEST(Transaction, HoldsBackVacuumByTheOlderOfXidAndXmin) {
  Transaction transaction;
  EXPECT_EQ(transaction.horizon_age(), std::nullopt);
  transaction.xid_age = 5;
  EXPECT_EQ(transaction.horizon_age(), 5);
  transaction.xmin_age = 9;
  EXPECT_EQ(transaction.horizon_age(), 9);
  transaction.xid_age.reset();
  EXPECT_EQ(transaction.horizon_age(), 9);
}

TEST(Guard, IsTheSessionAsItWasSeen) {
  Session session;
  session.id = {4711, start};
  session.state = SessionState::idle_in_transaction;
  session.state_changed_at = start + std::chrono::seconds(2);
  EXPECT_EQ(guard_for(session, true).transaction_started_at, std::nullopt);
  session.transaction = Transaction{start + std::chrono::seconds(1), true, 7, std::nullopt};
  const Guard guard = guard_for(session, true);
  EXPECT_EQ(guard.session, session.id);
  EXPECT_EQ(guard.state, session.state);
  EXPECT_EQ(guard.transaction_started_at, start + std::chrono::seconds(1));
  EXPECT_EQ(guard.state_changed_at, session.state_changed_at);
  EXPECT_TRUE(guard.only_while_blocking);
}

TEST(Words, AreStable) {
  EXPECT_EQ(to_string(Severity::notice), "notice");
  EXPECT_EQ(to_string(Severity::critical), "critical");
  EXPECT_LT(Severity::notice, Severity::warning);
  EXPECT_LT(Severity::warning, Severity::critical);
  EXPECT_EQ(to_string(Confidence::certain), "certain");
  EXPECT_EQ(to_string(Action::terminate), "terminate");
  EXPECT_EQ(to_string(SessionState::aborted_in_transaction), "idle in transaction (aborted)");
  EXPECT_EQ(outcome_name(ActionOutcome::would_act, true), "would_cancel");
  EXPECT_EQ(outcome_name(ActionOutcome::would_act, false), "would_terminate");
  EXPECT_EQ(outcome_name(ActionOutcome::done, true), "cancelled");
  EXPECT_EQ(outcome_name(ActionOutcome::still_there, false), "still_there");
}

}  // namespace
}  // namespace lockkeeper::model
