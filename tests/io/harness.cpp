#include "io/harness.hpp"

#include <cstdlib>

namespace lockkeeper::io::testing {

Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string pattern(std::size_t size, std::size_t offset) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t at = i + offset;
    text[i] = static_cast<char>((at * 131 + (at >> 8) * 17 + (at >> 16)) & 0xff);
  }
  return text;
}

bool Driver::until(std::function<bool()> condition, std::chrono::milliseconds time) {
  condition_ = std::move(condition);
  held_ = false;
  timer_.set(Clock::now() + time);
  Task<> task = watch();
  task.start();
  loop.run();
  timer_.clear();
  return held_;
}

Task<> Driver::watch() {
  for (;;) {
    held_ = condition_();
    if (held_ || timer_.due(Clock::now())) break;
    co_await wakeup;
  }
  loop.stop();
}

const std::string& Received::from(Socket& socket) {
  for (Bytes bytes = socket.receive(); !bytes.empty(); bytes = socket.receive()) text += text_of(bytes);
  return text;
}

std::unique_ptr<Loop> open_loop(Backend backend) {
  auto opened = Loop::open({.backend = backend});
  if (!opened) {
    ADD_FAILURE() << opened.error().message;
    std::abort();
  }
  return std::move(*opened);
}

void OnEachBackend::SetUp() {
  auto opened = Loop::open({.backend = GetParam()});
  if (!opened && GetParam() == Backend::io_uring) GTEST_SKIP() << opened.error().message;
  ASSERT_TRUE(opened) << opened.error().message;
  loop = std::move(*opened);
  EXPECT_EQ(loop->backend(), GetParam());
  driver = std::make_unique<Driver>(*loop);
}

std::unique_ptr<Listener> OnEachBackend::listening(const Address& address) {
  auto listener = loop->listen(address, driver->wakeup, false);
  EXPECT_TRUE(listener) << listener.error().message;
  return std::move(*listener);
}

std::expected<std::unique_ptr<Socket>, IoError> OnEachBackend::connect_to(const Address& address, TimePoint deadline) {
  auto connecting = loop->connect(address, deadline, driver->wakeup);
  std::optional<std::expected<std::unique_ptr<Socket>, IoError>> result;
  EXPECT_TRUE(until([&] { return (result = connecting->result()).has_value(); }));
  return std::move(*result);
}

SocketPair OnEachBackend::connected_through(Listener& listener, const Address& address) {
  SocketPair pair;
  auto client = connect_to(address, soon());
  EXPECT_TRUE(client) << client.error().message;
  pair.client = std::move(*client);
  EXPECT_TRUE(until([&] { return (pair.server = listener.accept()) != nullptr; }));
  pair.client->wake(&driver->wakeup);
  pair.server->wake(&driver->wakeup);
  return pair;
}

SocketPair OnEachBackend::connected() {
  const auto listener = listening();
  return connected_through(*listener, {"127.0.0.1", listener->port(), {}});
}

std::string backend_name(const ::testing::TestParamInfo<Backend>& info) {
  return info.param == Backend::epoll ? "epoll" : "io_uring";
}

}  // namespace lockkeeper::io::testing
