// Which statements are worth keeping prepared, and which go when room is short.
#include "client/drivers/kept_statements.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace lockkeeper::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// As a connection does when the server answers everything with success.
KeptStatements::Plan run(KeptStatements& kept, const std::string& sql) {
  KeptStatements::Plan plan = kept.plan(sql);
  if (!plan.name.empty() && !plan.is_kept) {
    kept.released(kept.doomed().size());
    kept.keep(sql, plan.name);
  }
  return plan;
}

void run_twice(KeptStatements& kept, const std::string& sql) {
  run(kept, sql);
  run(kept, sql);
}

TEST(KeptStatements, ATextIsPreparedTheSecondTimeAndKeptTheThird) {
  KeptStatements kept(10, "lk_");
  EXPECT_EQ(run(kept, "SELECT 1").name, "");
  const auto second = run(kept, "SELECT 1");
  EXPECT_EQ(second.name, "lk_1");
  EXPECT_FALSE(second.is_kept);
  const auto third = run(kept, "SELECT 1");
  EXPECT_EQ(third.name, "lk_1");
  EXPECT_TRUE(third.is_kept);
}

TEST(KeptStatements, OnlyWhatReadsOrWritesRowsIsPrepared) {
  KeptStatements kept(100, "lk_");
  for (const std::string sql : {"BEGIN", "COMMIT", "SET work_mem = '1MB'", "COPY t FROM STDIN", "CREATE TABLE t ()",
                                "VACUUM", "-- SELECT", "", "EXPLAIN SELECT 1", "CALL p()", "selection"}) {
    run_twice(kept, sql);
    EXPECT_EQ(run(kept, sql).name, "") << sql;
  }
  for (const std::string sql : {"select 1", " /* why */ Insert INTO t VALUES (1)", "UPDATE t SET a = 1",
                                "-- note\nDELETE FROM t", "WITH a AS (SELECT 1) SELECT * FROM a", "VALUES (1)",
                                "MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE"}) {
    run_twice(kept, sql);
    EXPECT_TRUE(run(kept, sql).is_kept) << sql;
  }
}

TEST(KeptStatements, VeryLongTextsAreNotKept) {
  KeptStatements kept(10, "lk_");
  const std::string sql = "SELECT '" + std::string(100'000, 'x') + "'";
  run_twice(kept, sql);
  EXPECT_EQ(run(kept, sql).name, "");
}

TEST(KeptStatements, NoRoomKeepsNothing) {
  KeptStatements kept(0, "lk_");
  run_twice(kept, "SELECT 1");
  EXPECT_EQ(run(kept, "SELECT 1").name, "");
  EXPECT_EQ(kept.size(), 0U);
}

TEST(KeptStatements, TheLeastRecentlyUsedGoesFirst) {
  KeptStatements kept(2, "lk_");
  run_twice(kept, "SELECT 1");
  run_twice(kept, "SELECT 2");
  run(kept, "SELECT 1");
  run_twice(kept, "SELECT 3");
  EXPECT_EQ(kept.size(), 2U);
  EXPECT_THAT(kept.doomed(), ElementsAre("lk_2"));
  EXPECT_TRUE(run(kept, "SELECT 1").is_kept);
  EXPECT_TRUE(run(kept, "SELECT 3").is_kept);
  EXPECT_FALSE(run(kept, "SELECT 2").is_kept) << "it is prepared anew, under a new name";
  EXPECT_EQ(run(kept, "SELECT 2").name, "lk_4");
}

TEST(KeptStatements, DoomedNamesStayUntilTheyAreReleased) {
  KeptStatements kept(1, "lk_");
  for (const std::string sql : {"SELECT 1", "SELECT 2", "SELECT 3"}) {
    static_cast<void>(kept.plan(sql));
    kept.keep(sql, kept.plan(sql).name);
  }
  EXPECT_THAT(kept.doomed(), ElementsAre("lk_1", "lk_2"));
  kept.released(1);
  EXPECT_THAT(kept.doomed(), ElementsAre("lk_2"));
  kept.released(5);
  EXPECT_THAT(kept.doomed(), IsEmpty());
}

TEST(KeptStatements, AFailedPreparationThrowsNothingOut) {
  KeptStatements kept(1, "lk_");
  run_twice(kept, "SELECT 1");
  for (int round = 0; round < 5; ++round) static_cast<void>(kept.plan("SELECT wrong"));
  EXPECT_TRUE(run(kept, "SELECT 1").is_kept);
  EXPECT_THAT(kept.doomed(), IsEmpty());
}

TEST(KeptStatements, AForgottenOneIsPreparedAnewAtOnceUnderANewName) {
  KeptStatements kept(10, "lk_");
  run_twice(kept, "SELECT 1");
  kept.forget("SELECT 1");
  kept.forget("SELECT unknown");
  EXPECT_THAT(kept.doomed(), ElementsAre("lk_1"));
  const auto anew = run(kept, "SELECT 1");
  EXPECT_EQ(anew.name, "lk_2");
  EXPECT_FALSE(anew.is_kept);
}

TEST(KeptStatements, WhatTheServerHasForgottenIsNotReleased) {
  KeptStatements kept(2, "lk_");
  for (const std::string sql : {"SELECT 1", "SELECT 2", "SELECT 3"}) run_twice(kept, sql);
  kept.forget_all();
  EXPECT_EQ(kept.size(), 0U);
  EXPECT_THAT(kept.doomed(), IsEmpty());
  EXPECT_EQ(run(kept, "SELECT 1").name, "lk_4");
}

TEST(KeptStatements, ManyTextsInTurnNeverExceedTheRoomNorShareAName) {
  KeptStatements kept(8, "lk_");
  std::set<std::string> names;
  std::size_t prepared = 0;
  for (int round = 0; round < 5000; ++round) {
    const auto plan = run(kept, "SELECT " + std::to_string(round * round % 37));
    if (plan.name.empty() || plan.is_kept) continue;
    ++prepared;
    names.insert(plan.name);
    EXPECT_LE(kept.size(), 8U);
    EXPECT_LE(kept.doomed().size(), 1U);
  }
  EXPECT_EQ(names.size(), prepared);
}

TEST(KeptStatements, ATextIsPreparedAgainWhereItIsReadOtherwise) {
  KeptStatements kept(10, "lk_");
  const std::string sql = "SELECT '2026-01-02 03:04'::timestamptz";
  EXPECT_EQ(kept.plan(sql, "UTC").name, "");
  EXPECT_EQ(kept.plan(sql, "UTC").name, "lk_1");
  kept.keep(sql, "lk_1", "UTC");
  EXPECT_TRUE(kept.plan(sql, "UTC").is_kept);
  const auto plan = kept.plan(sql, "Asia/Tokyo");
  EXPECT_FALSE(plan.is_kept);
  EXPECT_EQ(plan.name, "lk_2");
  EXPECT_THAT(kept.doomed(), ElementsAre("lk_1"));
  kept.keep(sql, plan.name, "Asia/Tokyo");
  EXPECT_TRUE(kept.plan(sql, "Asia/Tokyo").is_kept);
  EXPECT_EQ(kept.size(), 1U);
}

TEST(KeptStatements, ATextThatMayNameAMomentIsNeverPrepared) {
  KeptStatements kept(10, "lk_");
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(run(kept, "SELECT 'today'::date").name, "");
    EXPECT_EQ(run(kept, "SELECT 1 FROM t WHERE now() > 'yesterday'").name, "");
  }
  run_twice(kept, "SELECT now(), 'word'");
  EXPECT_TRUE(run(kept, "SELECT now(), 'word'").is_kept);
}

}  // namespace
}  // namespace lockkeeper::client
