// The decision of what a new scope does, without a database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <source_location>
#include <string>
#include <utility>

#include "client/propagation.hpp"
#include "library/propagation_table.hpp"

namespace lockkeeper::testing {
namespace {

using client::CurrentTransaction;
using client::decide;
using client::decide_begin;
using client::ScopeAction;
using client::Surroundings;
using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

client::Site named(std::string name) { return {std::source_location::current(), std::move(name)}; }

Surroundings inside(CurrentTransaction current) {
  current.site = named("scope A");
  return {.here = named("scope B"), .current = std::move(current)};
}

Surroundings surroundings_at(Start start) {
  switch (start) {
    case Start::nothing: return {.here = named("scope B")};
    case Start::suspended: return {.here = named("scope B"), .suspended = named("scope A")};
    case Start::active_read_only:
    case Start::write_in_readonly: return inside({.read_only = true});
    case Start::rollback_only: return inside({.doomed = "the cat walked over the keyboard"});
    case Start::active:
    case Start::nested: break;
  }
  return inside({});
}

TransactionOptions options_at(const PropagationCase& tested) {
  return {.propagation = tested.propagation, .read_only = tested.start == Start::active_read_only};
}

class PropagationDecision : public ::testing::TestWithParam<PropagationCase> {};

TEST_P(PropagationDecision, IsAsTheTableSays) {
  const PropagationCase& tested = GetParam();
  const auto decided = decide(options_at(tested), surroundings_at(tested.start));
  ASSERT_EQ(decided.has_value(), tested.action.has_value());
  if (decided) {
    EXPECT_EQ(*decided, *tested.action);
    return;
  }
  EXPECT_EQ(decided.error().code, tested.error);
  EXPECT_EQ(decided.error().blast, Blast::statement);
  EXPECT_THAT(decided.error().message, HasSubstr("scope B"));
  EXPECT_THAT(decided.error().message, HasSubstr(tested.start == Start::nothing ? "" : "scope A"));
}

INSTANTIATE_TEST_SUITE_P(Table, PropagationDecision, ::testing::ValuesIn(propagation_table()),
                         ::testing::PrintToStringParamName());

Error refusal(const TransactionOptions& wanted, const Surroundings& at) {
  const auto decided = decide(wanted, at);
  EXPECT_FALSE(decided.has_value());
  return decided ? Error{} : decided.error();
}

constexpr Propagation joining[] = {Propagation::required, Propagation::nested, Propagation::mandatory,
                                   Propagation::supports};

TEST(Mismatch, OfIsolationNamesBothLevels) {
  for (const Propagation propagation : joining) {
    const Error error = refusal({.propagation = propagation, .isolation = Isolation::serializable},
                                inside({.isolation = Isolation::read_committed}));
    EXPECT_EQ(error.code, ErrorCode::mismatch);
    EXPECT_THAT(error.message, AllOf(HasSubstr("serializable"), HasSubstr("read_committed"), HasSubstr("scope A"),
                                     HasSubstr("scope B")));
  }
}

TEST(Mismatch, OfIsolationWithTheDefault) {
  const Error error = refusal({.isolation = Isolation::read_committed}, inside({}));
  EXPECT_EQ(error.code, ErrorCode::mismatch);
  EXPECT_THAT(error.message, HasSubstr("the database's default"));
}

TEST(Mismatch, NotWhereTheLevelIsTheSameOrNoneIsAskedFor) {
  EXPECT_TRUE(decide({.isolation = Isolation::serializable}, inside({.isolation = Isolation::serializable})));
  EXPECT_TRUE(decide({}, inside({.isolation = Isolation::serializable})));
  EXPECT_TRUE(decide({.propagation = Propagation::requires_new, .isolation = Isolation::serializable}, inside({})));
}

TEST(Mismatch, OfAShorterTimeout) {
  const Error shorter = refusal({.timeout = 100ms}, inside({.time_left = 250ms}));
  EXPECT_EQ(shorter.code, ErrorCode::mismatch);
  EXPECT_THAT(shorter.message, AllOf(HasSubstr("100 ms"), HasSubstr("250 ms left")));
  const Error unlimited = refusal({.timeout = 100ms}, inside({}));
  EXPECT_EQ(unlimited.code, ErrorCode::mismatch);
  EXPECT_THAT(unlimited.message, HasSubstr("has no timeout"));
}

TEST(Mismatch, NotWhereTheOuterTimeIsShorterAnyway) {
  EXPECT_TRUE(decide({.timeout = 100ms}, inside({.time_left = 100ms})));
  EXPECT_TRUE(decide({.timeout = 100ms}, inside({.time_left = 3ms})));
  EXPECT_TRUE(decide({}, inside({.time_left = 3ms})));
}

TEST(Mismatch, OfDeferrable) {
  EXPECT_EQ(refusal({.read_only = true, .deferrable = true}, inside({.read_only = true})).code, ErrorCode::mismatch);
  EXPECT_TRUE(decide({.read_only = true, .deferrable = true}, inside({.read_only = true, .deferrable = true})));
}

TEST(Mismatch, ReadOnlyInsideAWritingOneIsAllowed) { EXPECT_TRUE(decide({.read_only = true}, inside({}))); }

TEST(Mismatch, OfWhatOnlyATransactionHas) {
  const Surroundings nothing = surroundings_at(Start::nothing);
  for (const Propagation propagation : {Propagation::supports, Propagation::not_supported, Propagation::never}) {
    EXPECT_EQ(refusal({.propagation = propagation, .isolation = Isolation::serializable}, nothing).code,
              ErrorCode::mismatch);
    EXPECT_EQ(refusal({.propagation = propagation, .timeout = 1s}, nothing).code, ErrorCode::mismatch);
    EXPECT_EQ(refusal({.propagation = propagation, .deferrable = true}, nothing).code, ErrorCode::mismatch);
    EXPECT_TRUE(decide({.propagation = propagation, .read_only = true}, nothing));
  }
}

TEST(Durable, RefusesToBePartOfAnything) {
  for (const Propagation propagation : joining) {
    const Error error = refusal({.propagation = propagation, .durable = true}, inside({}));
    EXPECT_EQ(error.code, ErrorCode::propagation);
    EXPECT_THAT(error.message, AllOf(HasSubstr("durable"), HasSubstr("scope A")));
  }
}

TEST(Durable, IsContentWithATransactionOfItsOwn) {
  EXPECT_TRUE(decide({.durable = true}, surroundings_at(Start::nothing)));
  EXPECT_TRUE(decide({.durable = true}, surroundings_at(Start::suspended)));
  EXPECT_TRUE(decide({.propagation = Propagation::requires_new, .durable = true}, inside({})));
}

TEST(Options, ThatMeanNothingAreMisuse) {
  const Surroundings nothing = surroundings_at(Start::nothing);
  EXPECT_EQ(refusal({.timeout = -1ms}, nothing).code, ErrorCode::misuse);
  EXPECT_EQ(refusal({.retry = {.attempts = 0}}, nothing).code, ErrorCode::misuse);
  EXPECT_EQ(refusal({.retry = {.first_pause = -1ms}}, nothing).code, ErrorCode::misuse);
  EXPECT_EQ(refusal({.retry = {.longest_pause = -1ms}}, nothing).code, ErrorCode::misuse);
  EXPECT_EQ(refusal({.retry = {.budget = -1ms}}, nothing).code, ErrorCode::misuse);
}

TEST(Mandatory, TellsThatTheOneOutsideIsSuspended) {
  EXPECT_THAT(refusal({.propagation = Propagation::mandatory}, surroundings_at(Start::suspended)).message,
              AllOf(HasSubstr("suspended"), HasSubstr("scope A")));
}

TEST(Begin, AlwaysBeginsOrSaysWhyNot) {
  const Surroundings nothing = surroundings_at(Start::nothing);
  EXPECT_TRUE(decide_begin({}, nothing));
  EXPECT_TRUE(decide_begin({}, surroundings_at(Start::suspended)));
  EXPECT_TRUE(decide_begin({.propagation = Propagation::requires_new}, inside({})));
  const auto inner = decide_begin({}, inside({}));
  ASSERT_FALSE(inner);
  EXPECT_EQ(inner.error().code, ErrorCode::propagation);
  EXPECT_THAT(inner.error().message, AllOf(HasSubstr("scope B"), HasSubstr("scope A")));
  for (const Propagation other : {Propagation::nested, Propagation::mandatory, Propagation::supports,
                                  Propagation::not_supported, Propagation::never}) {
    const auto refused = decide_begin({.propagation = other}, nothing);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::misuse);
  }
  EXPECT_EQ(decide_begin({.retry = {.attempts = 3}}, nothing).error().code, ErrorCode::misuse);
  EXPECT_EQ(decide_begin({.timeout = -1ms}, nothing).error().code, ErrorCode::misuse);
}

}  // namespace
}  // namespace lockkeeper::testing
