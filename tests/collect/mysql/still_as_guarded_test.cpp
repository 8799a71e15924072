// Whether a session is still what was decided on, and how a rollback is followed.
#include "collect/mysql/still_as_guarded.hpp"

#include <gtest/gtest.h>

#include "collect/mysql/made_rows.hpp"

namespace lockkeeper::collect::mysql::testing {
namespace {

model::Session sleeping() {
  model::Session session;
  session.id = {8, server_start};
  session.state = model::SessionState::idle_in_transaction;
  session.state_changed_at = noon - 60s;
  session.transaction.emplace().started_at = noon - 90s;
  return session;
}

TEST(StillAs, UnchangedUpToTheRounding) {
  const model::Guard guard = model::guard_for(sleeping(), false);
  EXPECT_TRUE(still_as(guard, sleeping()));
  model::Session rounded = sleeping();
  *rounded.state_changed_at += 1s;
  rounded.transaction->started_at -= 1s;
  EXPECT_TRUE(still_as(guard, rounded)) << "whole seconds, by two clocks";
}

TEST(StillAs, WhoHasRunSomethingIsNot) {
  const model::Guard guard = model::guard_for(sleeping(), false);
  model::Session other = sleeping();
  other.state_changed_at = noon - 2s;
  EXPECT_FALSE(still_as(guard, other));
  other = sleeping();
  other.transaction->started_at = noon - 10s;
  EXPECT_FALSE(still_as(guard, other)) << "another transaction";
  other = sleeping();
  other.transaction.reset();
  EXPECT_FALSE(still_as(guard, other));
  other = sleeping();
  other.state = model::SessionState::active;
  EXPECT_FALSE(still_as(guard, other));
  other = sleeping();
  other.id.pid = 9;
  EXPECT_FALSE(still_as(guard, other));
}

TEST(RollbackWatch, TellsWhatIsLeftAndForHowLong) {
  RollbackWatch watch({8, server_start});
  const std::chrono::steady_clock::time_point start{};
  model::Session session = sleeping();
  EXPECT_FALSE(watch.see(session, start)) << "it has not begun";
  session.transaction->rolling_back = true;
  session.transaction->rows_modified = 1000;
  auto seen = watch.see(session, start);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->rows_left, 1000);
  EXPECT_FALSE(seen->remaining);
  EXPECT_TRUE(watch.advanced());
  session.transaction->rows_modified = 750;
  seen = watch.see(session, start + 1s);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->rows_at_first, 1000);
  EXPECT_EQ(seen->elapsed, 1s);
  EXPECT_EQ(seen->remaining, 3s);
  EXPECT_TRUE(watch.advanced());
  seen = watch.see(session, start + 2s);
  EXPECT_EQ(seen->remaining, 6s);
  EXPECT_FALSE(watch.advanced()) << "it stands";
}

}  // namespace
}  // namespace lockkeeper::collect::mysql::testing
