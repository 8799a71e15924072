// Streams of a transaction: what leaving one early costs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>

#include <lockkeeper/database.hpp>

#include "library/data_engine.hpp"

namespace lockkeeper::testing {
namespace {

class DataTransactionStream : public OnEngine {};

TEST_P(DataTransactionStream, ADatabaseOfOneConnectionGoesOnAfterBreak) {
  Database db = database(1);
  const auto read_ten = [](TransactionRef tx) {
    for (const auto& [number] : tx.stream<std::int64_t>(tested().endless_rows_sql)) {
      if (number == 10) break;
    }
  };
  for (int round = 0; round < 3; ++round) {
    if (tested().errors_spoil_transactions) {
      EXPECT_EQ(error_of([&] { db.transact(read_ten); }).code, ErrorCode::rollback_only);
    } else {
      db.transact(read_ten);
    }
    EXPECT_EQ(db.transact([](TransactionRef tx) { return tx.value<int>("SELECT 7"); }), 7);
  }
}

TEST_P(DataTransactionStream, OtherStatementsAreRefusedUntilItIsGone) {
  Database db = database(1);
  db.transact([](TransactionRef tx) {
    auto rows = tx.stream<std::int64_t>(tested().many_rows_sql);
    auto row = rows.begin();
    EXPECT_EQ(std::get<0>(*row), 1);
    EXPECT_EQ(error_of([&] { tx.execute("SELECT 7"); }).code, ErrorCode::misuse);
    while (row != rows.end()) ++row;
    EXPECT_EQ(tx.value<int>("SELECT 7"), 7);
  });
}

TEST_P(DataTransactionStream, ReadToItsEndCostsTheTransactionNothing) {
  make_table("copy", "id integer PRIMARY KEY");
  Database db = database(1);
  db.transact([&](TransactionRef tx) {
    std::int64_t sum = 0;
    for (const auto& [number] : tx.stream<std::int64_t>(tested().many_rows_sql)) sum += number;
    EXPECT_EQ(sum, 5'000'050'000);
    tx.execute("INSERT INTO copy VALUES (1)");
  });
  EXPECT_EQ(db.transact([](TransactionRef tx) { return tx.value<int>("SELECT count(*) FROM copy"); }), 1);
}

INSTANTIATE_TEST_SUITE_P(Every, DataTransactionStream, ::testing::ValuesIn(data_cases()),
                         [](const auto& tested) { return tested.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
