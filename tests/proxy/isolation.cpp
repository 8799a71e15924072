#include "proxy/isolation.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

namespace lockkeeper::testing::isolation {
namespace {

constexpr int least_operations = 4;

int number_from(const char* name, int otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::atoi(given);
}

}  // namespace

int clients() { return number_from("LOCKKEEPER_ISOLATION_CLIENTS", 200); }

void Report::complain(const std::string& text) {
  const std::lock_guard guard(mutex_);
  if (complaints_.size() < 10) complaints_.push_back(text);
}

std::vector<std::string> Report::complaints() {
  const std::lock_guard guard(mutex_);
  return complaints_;
}

void TaggedClient::run(Clock::time_point end) {
  try {
    // On a busy machine the logins alone may take until the end.
    for (int done = 0; done < least_operations || Clock::now() < end; ++done) {
      if (!is_connected()) {
        tag_ = "<tag:" + std::to_string(number_) + ":" + std::to_string(++life_) + ">";
        arrive();
      }
      one_operation();
      ++report_.operations;
    }
    if (is_connected()) say_goodbye();
  } catch (const std::exception& error) {
    report_.complain(tag_ + ": " + error.what());
  }
}

void TaggedClient::check(std::string_view arrived) const {
  for (std::size_t at = arrived.find("<tag:"); at != std::string_view::npos; at = arrived.find("<tag:", at + 1)) {
    if (arrived.substr(at, tag_.size()) != tag_) report_.complain(tag_ + " got " + std::string(arrived));
  }
}

void TaggedClient::expect(const std::string& arrived, const std::string& expected) const {
  if (arrived != expected) report_.complain(tag_ + " expected " + expected + ", got " + arrived);
}

void run_together(Report& report, const std::function<std::unique_ptr<TaggedClient>(unsigned number)>& make) {
  const Clock::time_point end = Clock::now() + std::chrono::seconds(number_from("LOCKKEEPER_STRESS_SECONDS", 5));
  std::vector<std::thread> threads;
  for (int number = 0; number < clients(); ++number)
    threads.emplace_back([&make, number, end] { make(static_cast<unsigned>(number))->run(end); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& complaint : report.complaints()) ADD_FAILURE() << complaint;
  EXPECT_GE(report.operations, static_cast<std::uint64_t>(least_operations * clients()));
  EXPECT_GT(report.cancels, 0U);
  EXPECT_GT(report.departures, 0U);
  std::printf("isolation: %llu operations, %llu cancels, %llu departures, %llu errors of one's own\n",
              static_cast<unsigned long long>(report.operations), static_cast<unsigned long long>(report.cancels),
              static_cast<unsigned long long>(report.departures), static_cast<unsigned long long>(report.errors));
}

}  // namespace lockkeeper::testing::isolation
