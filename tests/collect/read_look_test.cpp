#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "collect/made_rows.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Failure& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "nothing failed";
  return {};
}

std::string target_of(const Cells& lock) {
  Answers answers = sound_answers();
  answers[2] = {lock};
  return read_look(to_rows(answers)).held.at(0).lock.target;
}

// A lock held, with these address columns after locktype.
Cells lock_at(const std::string& kind, std::size_t column, const std::string& value) {
  Cells lock = held_cells();
  lock[0] = kind;
  lock[column] = value;
  return lock;
}

TEST(ReadLook, FactsComeCellByCell) {
  const FactsRow facts = read_look(to_rows(sound_answers())).facts;
  EXPECT_EQ(facts.now, noon + std::chrono::milliseconds(500));
  EXPECT_EQ(model::to_rfc3339(facts.started_at), "2026-11-01T00:00:00.000000Z");
  EXPECT_FALSE(facts.in_recovery);
  EXPECT_EQ(facts.max_connections, 100);
  EXPECT_EQ(facts.superuser_reserved, 3);
  EXPECT_EQ(facts.reserved, 2);
  EXPECT_EQ(facts.freeze_max_age, 200'000'000);
  EXPECT_EQ(facts.query_size, 1024);
  EXPECT_EQ(facts.role, "postgres");
  EXPECT_THAT(facts.superuser_oids, ElementsAre(10, 16384));
}

TEST(ReadLook, ActivityComesCellByCell) {
  const ActivityRow row = read_look(to_rows(sound_answers())).activity.at(0);
  EXPECT_EQ(row.pid, 4711);
  EXPECT_EQ(row.backend_start, id_of(4711).started_at + std::chrono::microseconds(1));
  EXPECT_EQ(row.leader_pid, std::nullopt);
  EXPECT_EQ(row.backend_type, "client backend");
  EXPECT_EQ(row.database, "shop");
  EXPECT_EQ(row.user_oid, 16385);
  EXPECT_EQ(row.user, "app");
  EXPECT_EQ(row.application, "post-publisher");
  EXPECT_EQ(row.client_address, "127.0.0.1");
  EXPECT_EQ(row.client_port, 50000);
  EXPECT_EQ(row.xact_start, noon - std::chrono::minutes(30));
  EXPECT_EQ(row.query_start, noon - std::chrono::minutes(29));
  EXPECT_EQ(row.state_change, noon - std::chrono::minutes(28));
  EXPECT_EQ(row.state, "idle in transaction");
  EXPECT_EQ(row.wait_event_type, "Client");
  EXPECT_EQ(row.wait_event, "ClientRead");
  EXPECT_EQ(row.xid_age, 12);
  EXPECT_EQ(row.xmin_age, 34);
  EXPECT_EQ(row.query_id, "-99");
  EXPECT_EQ(row.query, "UPDATE orders SET paid = true WHERE id = 7");
}

TEST(ReadLook, LocksAreSplitIntoHeldAndWaiting) {
  const LookRows look = read_look(to_rows(sound_answers()));
  ASSERT_EQ(look.held.size(), 1U);
  EXPECT_EQ(look.held[0].lock.target, "shop.orders");
  EXPECT_EQ(look.held[0].lock.mode, "RowExclusiveLock");
  EXPECT_THAT(look.held[0].pids, ElementsAre(4711, 4712));
  EXPECT_THAT(look.held[0].prepared, ElementsAre("-1/77"));
  ASSERT_EQ(look.waiting.size(), 1U);
  EXPECT_EQ(look.waiting[0].lock.target, "transaction 771");
  EXPECT_EQ(look.waiting[0].lock.xid, 771);
  EXPECT_EQ(look.waiting[0].pid, 4713);
  EXPECT_EQ(look.waiting[0].place, 1);
  EXPECT_EQ(look.waiting[0].since, noon - std::chrono::minutes(1));
  EXPECT_EQ(look.waiting[0].blocked_by, (std::vector<std::int64_t>{4711, 0}));
}

TEST(ReadLook, PreparedTransactionsAndSlotsComeCellByCell) {
  const LookRows look = read_look(to_rows(sound_answers()));
  ASSERT_EQ(look.prepared.size(), 1U);
  EXPECT_EQ(look.prepared[0].xid, 77);
  EXPECT_EQ(look.prepared[0].xid_age, 5);
  EXPECT_EQ(look.prepared[0].gid, "order 7");
  EXPECT_EQ(look.prepared[0].prepared_at, noon - std::chrono::hours(2));
  EXPECT_EQ(look.prepared[0].owner, "app");
  EXPECT_EQ(look.prepared[0].database, "shop");
  ASSERT_EQ(look.slots.size(), 1U);
  EXPECT_EQ(look.slots[0].name, "standby_1");
  EXPECT_FALSE(look.slots[0].active);
  EXPECT_EQ(look.slots[0].xmin_age, 1000);
}

TEST(ReadLook, WhatIsNotShownIsAbsentAndNotZero) {
  Answers answers = sound_answers();
  answers[1][0] = Cells(20, std::nullopt);
  answers[1][0][0] = "4711";
  const ActivityRow row = read_look(to_rows(answers)).activity.at(0);
  EXPECT_EQ(row.backend_start, std::nullopt);
  EXPECT_EQ(row.xact_start, std::nullopt);
  EXPECT_EQ(row.xid_age, std::nullopt);
  EXPECT_EQ(row.xmin_age, std::nullopt);
  EXPECT_EQ(row.user_oid, std::nullopt);
  EXPECT_EQ(row.state, std::nullopt);
  EXPECT_EQ(row.query, std::nullopt);
}

TEST(ReadLook, AWaiterNotAskedForItsBlockersDiffersFromOneThatHasNone) {
  Answers answers = sound_answers();
  Cells not_asked = waiting_cells(), nobody = waiting_cells();
  not_asked[16] = std::nullopt;
  nobody[16] = "{}";
  answers[2] = {not_asked, nobody};
  const LookRows look = read_look(to_rows(answers));
  EXPECT_EQ(look.waiting.at(0).blocked_by, std::nullopt);
  EXPECT_EQ(look.waiting.at(1).blocked_by, std::vector<std::int64_t>{});
}

TEST(ReadLook, LocksAreNamedForPeople) {
  EXPECT_EQ(target_of(lock_at("tuple", 3, "0")), "a row of shop.orders");
  EXPECT_EQ(target_of(lock_at("extend", 3, "0")), "extend of shop.orders");
  EXPECT_EQ(target_of(lock_at("page", 3, "0")), "page of shop.orders");
  EXPECT_EQ(target_of(lock_at("virtualxid", 5, "3/17")), "virtual transaction 3/17");
  EXPECT_EQ(target_of(lock_at("transactionid", 6, "771")), "transaction 771");
  Cells elsewhere = held_cells();
  elsewhere[17] = std::nullopt;
  elsewhere[18] = "billing";
  EXPECT_EQ(target_of(elsewhere), "relation 16400 in database billing");
  Cells object = lock_at("object", 7, "1259");
  object[8] = "99";
  EXPECT_EQ(target_of(object), "object 1259/99");
}

TEST(ReadLook, AdvisoryKeysReadAsTheirCallerWroteThem) {
  const auto advisory = [](const std::string& high, const std::string& low, const std::string& form) {
    Cells lock = lock_at("advisory", 7, high);
    lock[8] = low;
    lock[9] = form;
    return target_of(lock);
  };
  EXPECT_EQ(advisory("0", "42", "1"), "advisory 42");
  EXPECT_EQ(advisory("1", "0", "1"), "advisory 4294967296");
  EXPECT_EQ(advisory("4294967295", "4294967295", "1"), "advisory -1");
  EXPECT_EQ(advisory("2147483648", "0", "1"), "advisory -9223372036854775808");
  EXPECT_EQ(advisory("7", "8", "2"), "advisory (7, 8)");
  EXPECT_EQ(advisory("4294967295", "2147483648", "2"), "advisory (-1, -2147483648)");
}

struct Malformed {
  std::size_t answer;
  std::size_t row;
  std::vector<std::size_t> columns;
  std::vector<std::string> texts;
};

TEST(ReadLook, AMalformedCellIsAProtocolFailureThatQuotesIt) {
  const std::vector<std::string> numbers{"", "x", "1x", " 1", "1.5", "99999999999999999999"};
  const std::vector<std::string> times{"", "infinity", "yesterday", "2026-11-22", "0044-03-15 12:00:00+00 BC"};
  const std::vector<std::string> booleans{"", "true", "1", "x"};
  const std::vector<std::string> arrays{"", "{", "1,2", "{1,2", "{x}", "{1,,2}", "{NULL}"};
  const std::vector<Malformed> cases{{0, 0, {0, 1}, times},
                                     {0, 0, {2}, booleans},
                                     {0, 0, {3, 4, 5, 6, 7}, numbers},
                                     {0, 0, {9}, arrays},
                                     {1, 0, {0, 2, 5, 9, 16, 17}, numbers},
                                     {1, 0, {1, 10, 11, 12}, times},
                                     {2, 0, {14}, arrays},
                                     {2, 1, {6, 11, 13}, numbers},
                                     {2, 1, {12}, times},
                                     {2, 1, {14, 16}, arrays},
                                     {3, 0, {0, 1}, numbers},
                                     {3, 0, {3}, times},
                                     {4, 0, {1}, booleans},
                                     {4, 0, {2}, numbers}};
  for (const auto& [answer, row, columns, texts] : cases) {
    for (const std::size_t column : columns) {
      for (const auto& text : texts) {
        SCOPED_TRACE(testing::Message() << "answer " << answer << " column " << column << " text '" << text << "'");
        Answers answers = sound_answers();
        answers[answer][row][column] = text;
        const Error error = error_of([&] { static_cast<void>(read_look(to_rows(answers))); });
        EXPECT_EQ(error.code, ErrorCode::protocol);
        EXPECT_EQ(error.blast, Blast::connection);
        EXPECT_FALSE(error.message.empty());
      }
    }
  }
}

TEST(ReadLook, AnAnswerOfAnotherShapeIsAProtocolFailure) {
  const std::vector<Rows> sound = to_rows(sound_answers());
  for (std::size_t answer = 0; answer < sound.size(); ++answer) {
    std::vector<Rows> narrower = sound, wider = sound, fewer = sound;
    const Answers answers = sound_answers();
    std::vector<Cells> narrow = answers[answer], wide = answers[answer];
    for (auto& row : narrow) row.pop_back();
    for (auto& row : wide) row.emplace_back("more");
    narrower[answer] = rows_of(narrow[0].size(), narrow);
    wider[answer] = rows_of(wide[0].size(), wide);
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(answer));
    for (const auto* wrong : {&narrower, &wider, &fewer}) {
      EXPECT_EQ(error_of([&] { static_cast<void>(read_look(*wrong)); }).code, ErrorCode::protocol) << answer;
    }
  }
}

TEST(ReadLook, NoFactsOrTwiceTheFactsIsAProtocolFailure) {
  for (const std::size_t count : {0U, 2U}) {
    Answers answers = sound_answers();
    answers[0] = std::vector<Cells>(count, facts_cells());
    const Error error = error_of([&] { static_cast<void>(read_look(to_rows(answers))); });
    EXPECT_EQ(error.code, ErrorCode::protocol);
    EXPECT_THAT(error.message, HasSubstr("one row of facts"));
  }
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
