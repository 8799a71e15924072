#include "demo/clients.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "demo/incident.hpp"
#include "demo/waiting.hpp"

namespace lockkeeper::demo {
namespace {

using namespace std::chrono_literals;

const auto never = [] { return false; };

TEST(Task, SaysHowItEnded) {
  const Task fails([] { throw std::runtime_error("no luck"); });
  const Task succeeds([] {});
  ASSERT_TRUE(comes_true([&] { return fails.is_over() && succeeds.is_over(); }, in(30s), never));
  EXPECT_FALSE(fails.is_done());
  EXPECT_EQ(fails.error(), "no luck");
  EXPECT_TRUE(succeeds.is_done());
  EXPECT_EQ(succeeds.error(), "");
}

TEST(Meeting, LetsAllGoTogether) {
  Meeting meeting(2);
  bool other_met = false;
  std::thread other([&] { other_met = meeting.arrive_and_wait(); });
  EXPECT_TRUE(meeting.arrive_and_wait());
  other.join();
  EXPECT_TRUE(other_met);
}

TEST(Meeting, NobodyWaitsForWhoCannotCome) {
  Meeting meeting(2);
  std::thread other([&] { meeting.call_off(); });
  EXPECT_FALSE(meeting.arrive_and_wait());
  other.join();
}

TEST(Waiting, EndsWithItsDeadlineAndWithTheViewer) {
  EXPECT_FALSE(comes_true(never, in(1ms), never));
  EXPECT_THROW(static_cast<void>(comes_true(never, in(30s), [] { return true; })), Interrupted);
}

TEST(Catalogue, KnowsFiveByNumberAndName) {
  const auto incidents = all_incidents();
  ASSERT_EQ(incidents.size(), 5U);
  for (std::size_t index = 0; index < incidents.size(); ++index) {
    EXPECT_EQ(incidents[index]->number, static_cast<int>(index) + 1);
    EXPECT_EQ(incident_named(incidents[index]->name), incidents[index]);
    EXPECT_EQ(incident_named(std::to_string(index + 1)), incidents[index]);
  }
  EXPECT_EQ(incident_named("6"), nullptr);
}

}  // namespace
}  // namespace lockkeeper::demo
