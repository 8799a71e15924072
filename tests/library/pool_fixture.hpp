// A pool on a stub driver, for tests.
#pragma once

#include <lockkeeper/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "library/recorder.hpp"
#include "library/stub_driver.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {

struct PoolTest : ::testing::Test {
  std::shared_ptr<StubServer> server = std::make_shared<StubServer>();
  EventRecorder events;
  std::optional<Pool> made;

  Pool& pool(PoolSettings settings) {
    settings.name = "test";
    made.emplace(std::make_shared<StubDriver>(server), Target{}, settings, events);
    return *made;
  }
  Error failure_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Failure& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "nothing failed";
    return {};
  }
  void eventually(const std::function<bool()>& holds) { EXPECT_TRUE(becomes_true(holds, std::chrono::seconds(10))); }
};

}  // namespace lockkeeper::testing
