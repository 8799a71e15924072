// What a glance's answers become: sessions listed cell by cell, the others a number.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/made_rows.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

Cells clock_cells() { return {"2026-11-22 12:00:01+00", "2026-11-02 00:00:00+00"}; }

Cells glimpse_cells() {
  return {"4711",
          "client backend",
          "shop",
          "app",
          "post-publisher",
          "idle in transaction",
          "2026-11-22 11:32:00+00",
          "2026-11-22 11:30:00+00",
          "12",
          "34",
          "UPDATE orders SET paid = true WHERE id = 7"};
}

Cells unlisted_cells() { return Cells(11, std::nullopt); }

std::vector<Rows> answers_of(const std::vector<Cells>& clock, const std::vector<Cells>& sessions) {
  return {rows_of(2, clock), rows_of(11, sessions)};
}

LookRows glance_at(const std::vector<Cells>& sessions) {
  return read_glance(answers_of({clock_cells()}, sessions), quiet_server().facts);
}

void expect_protocol_failure(const std::vector<Rows>& answers) {
  try {
    static_cast<void>(read_glance(answers, quiet_server().facts));
    ADD_FAILURE() << "nothing failed";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::protocol);
    EXPECT_EQ(failure.error().blast, Blast::connection);
  }
}

TEST(ReadGlance, SessionsComeCellByCell) {
  const LookRows glance = glance_at({glimpse_cells()});
  ASSERT_EQ(glance.activity.size(), 1U);
  const ActivityRow& row = glance.activity[0];
  EXPECT_EQ(row.pid, 4711);
  EXPECT_EQ(row.backend_type, "client backend");
  EXPECT_EQ(row.database, "shop");
  EXPECT_EQ(row.user, "app");
  EXPECT_EQ(row.application, "post-publisher");
  EXPECT_EQ(row.state, "idle in transaction");
  EXPECT_EQ(row.state_change, noon - std::chrono::minutes(28));
  EXPECT_EQ(row.xact_start, noon - std::chrono::minutes(30));
  EXPECT_EQ(row.xid_age, 12);
  EXPECT_EQ(row.xmin_age, 34);
  EXPECT_EQ(row.query, "UPDATE orders SET paid = true WHERE id = 7");
  EXPECT_EQ(row.backend_start, std::nullopt);
  EXPECT_EQ(glance.unlisted_clients, 0);
}

TEST(ReadGlance, TheTimeIsItsOwnAndTheOtherFactsAreTheLooks) {
  const FactsRow facts = glance_at({}).facts;
  EXPECT_EQ(facts.now, noon + std::chrono::seconds(1));
  EXPECT_EQ(model::to_rfc3339(facts.started_at), "2026-11-02T00:00:00.000000Z");
  EXPECT_EQ(facts.max_connections, 100);
  EXPECT_EQ(facts.query_size, 1024);
  EXPECT_EQ(facts.role, "postgres");
}

TEST(ReadGlance, RowsOfNothingAreCounted) {
  const LookRows glance = glance_at({unlisted_cells(), glimpse_cells(), unlisted_cells()});
  EXPECT_EQ(glance.activity.size(), 1U);
  EXPECT_EQ(glance.unlisted_clients, 2);
  EXPECT_EQ(glance_at({}).unlisted_clients, 0);
}

TEST(ReadGlance, ALookHasNothingThatItOnlyCounts) {
  EXPECT_EQ(read_look(to_rows(sound_answers())).unlisted_clients, std::nullopt);
  EXPECT_EQ(model_of(quiet_server()).unlisted_clients, 0);
}

TEST(ReadGlance, MalformedCellsAreAProtocolFailure) {
  for (const std::size_t column : {0U, 6U, 7U, 8U, 9U}) {
    Cells cells = glimpse_cells();
    cells[column] = "yesterday";
    expect_protocol_failure(answers_of({clock_cells()}, {cells}));
  }
  for (const std::size_t column : {0U, 1U}) {
    Cells cells = clock_cells();
    cells[column] = "infinity";
    expect_protocol_failure(answers_of({cells}, {}));
  }
}

TEST(ReadGlance, AnAnswerOfAnotherShapeIsAProtocolFailure) {
  const Rows clock = rows_of(2, {clock_cells()});
  const Rows sessions = rows_of(11, {glimpse_cells()});
  expect_protocol_failure({});
  expect_protocol_failure({clock});
  expect_protocol_failure({clock, sessions, sessions});
  expect_protocol_failure({sessions, clock});
  expect_protocol_failure({clock, rows_of(10, {})});
  expect_protocol_failure({rows_of(2, {}), sessions});
  expect_protocol_failure({rows_of(2, {clock_cells(), clock_cells()}), sessions});
  expect_protocol_failure(to_rows(sound_answers()));
}

TEST(GlanceToModel, CountsWhomItDoesNotListAndClaimsNoAbsence) {
  const model::Snapshot snapshot = model_of(glance_at({glimpse_cells(), unlisted_cells(), unlisted_cells()}));
  EXPECT_EQ(snapshot.unlisted_clients, 2);
  EXPECT_EQ(snapshot.clients(), 3);
  EXPECT_FALSE(snapshot.complete());
  ASSERT_EQ(snapshot.missing.size(), 1U);
  EXPECT_THAT(snapshot.missing[0].what, HasSubstr("all but the number of 2 sessions"));
  EXPECT_THAT(snapshot.missing[0].what, HasSubstr("locks, waits"));
  EXPECT_THAT(snapshot.waits, IsEmpty());
}

TEST(GlanceToModel, WhatIsGlimpsedIsTheSessionOfALookWithoutItsStart) {
  const model::Session session = session_in(model_of(glance_at({glimpse_cells()})), 4711);
  EXPECT_EQ(session.id.started_at, model::WallTime{}) << "unknown, so that no guard ever matches";
  EXPECT_EQ(session.kind, model::SessionKind::client);
  EXPECT_EQ(session.state, model::SessionState::idle_in_transaction);
  ASSERT_TRUE(session.transaction);
  EXPECT_EQ(session.transaction->horizon_age(), 34);
  ASSERT_TRUE(session.statement);
  EXPECT_EQ(session.statement->text, "UPDATE orders SET paid = ? WHERE id = ?");
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
