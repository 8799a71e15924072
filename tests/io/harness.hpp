// A loop driven from a test, step by step: everything a test waits for has one wakeup and a deadline.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "io/loop.hpp"
#include "io/task.hpp"

namespace lockkeeper::io::testing {

/// The patience of a test on a loaded machine; a passing test never gets near it.
inline constexpr std::chrono::seconds patience{30};

[[nodiscard]] Bytes bytes_of(std::string_view text);
[[nodiscard]] std::string text_of(Bytes bytes);
/// Reproducible bytes in which a lost or doubled part shows.
[[nodiscard]] std::string pattern(std::size_t size, std::size_t offset = 0);

/// Runs a loop until a condition holds. The condition is asked whenever `wakeup` is signalled.
class Driver {
 public:
  explicit Driver(Loop& driven) : loop(driven), wakeup(driven), timer_(driven, wakeup) {}

  /// False: not in time.
  [[nodiscard]] bool until(std::function<bool()> condition, std::chrono::milliseconds time = patience);

  Loop& loop;
  Wakeup wakeup;

 private:
  Task<> watch();
  std::function<bool()> condition_;
  bool held_ = false;
  Timer timer_;
};

/// What has come so far, and how it ended.
struct Received {
  std::string text;
  /// Everything that is there now.
  const std::string& from(Socket& socket);
};

struct SocketPair {
  std::unique_ptr<Socket> client;
  std::unique_ptr<Socket> server;
};

/// The instances of the contract suite; one whose backend the kernel forbids is skipped, with the reason.
class OnEachBackend : public ::testing::TestWithParam<Backend> {
 protected:
  void SetUp() override;
  [[nodiscard]] TimePoint soon() const { return Clock::now() + patience; }
  /// Two ends of a connection over TCP on loopback.
  [[nodiscard]] SocketPair connected();
  [[nodiscard]] std::unique_ptr<Listener> listening(const Address& address = {"127.0.0.1", 0, {}});
  [[nodiscard]] std::expected<std::unique_ptr<Socket>, IoError> connect_to(const Address& address, TimePoint deadline);
  [[nodiscard]] SocketPair connected_through(Listener& listener, const Address& address);
  [[nodiscard]] bool until(std::function<bool()> condition) { return driver->until(std::move(condition)); }

  std::unique_ptr<Loop> loop;
  std::unique_ptr<Driver> driver;
};

[[nodiscard]] std::unique_ptr<Loop> open_loop(Backend backend);
[[nodiscard]] std::string backend_name(const ::testing::TestParamInfo<Backend>& info);

#define LK_ON_EACH_BACKEND(suite) \
  INSTANTIATE_TEST_SUITE_P(Io, suite, ::testing::Values(Backend::epoll, Backend::io_uring), backend_name)

}  // namespace lockkeeper::io::testing
