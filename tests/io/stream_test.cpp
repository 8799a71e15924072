// Bytes through a connection: whole, in order, bounded, at the receiver's pace.
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "io/harness.hpp"

namespace lockkeeper::io::testing {
namespace {

class StreamTest : public OnEachBackend {};

TEST_P(StreamTest, CarriesBytesBothWaysAndCountsThem) {
  auto [client, server] = connected();
  client->send(bytes_of("question"));
  Received at_server;
  ASSERT_TRUE(until([&] { return at_server.from(*server) == "question"; }));
  server->send(bytes_of("ans"));
  server->send(bytes_of("wer"));
  Received at_client;
  ASSERT_TRUE(until([&] { return at_client.from(*client) == "answer"; }));
  EXPECT_EQ(client->sent_bytes(), 8u);
  EXPECT_EQ(client->received_bytes(), 6u);
  EXPECT_EQ(server->received_bytes(), 8u);
  EXPECT_FALSE(client->ended() || server->ended() || client->peer_gone());
  EXPECT_EQ(client->endpoints().remote, server->endpoints().local);
  EXPECT_EQ(client->endpoints().local, server->endpoints().remote);
  EXPECT_TRUE(client->endpoints().loopback && server->endpoints().loopback);
}

TEST_P(StreamTest, EverySizeAroundTheBuffersBoundsArrivesWhole) {
  auto [client, server] = connected();
  for (const std::size_t size : {1u, 2u, 16383u, 16384u, 16385u, 32768u, 65535u, 65536u, 65537u, 200001u}) {
    const std::string text = pattern(size, size);
    client->send(bytes_of(text));
    Received received;
    ASSERT_TRUE(until([&] { return received.from(*server).size() >= size; }));
    ASSERT_EQ(received.text, text);
  }
}

TEST_P(StreamTest, ManySmallSendsOfOneTurnKeepTheirOrder) {
  auto [client, server] = connected();
  std::string expected;
  for (std::size_t i = 0; i < 5000; ++i) {
    const std::string part = pattern(i % 37, i);
    expected += part;
    client->send(bytes_of(part));
  }
  Received received;
  ASSERT_TRUE(until([&] { return received.from(*server).size() >= expected.size(); }));
  EXPECT_EQ(received.text, expected);
}

// Passes on what comes from one socket to another, no more than a limit waiting: what the relay does.
class Relay {
 public:
  Relay(Loop& loop, Socket& from, Socket& to) : wakeup_(loop), from_(from), to_(to) {
    from_.wake(&wakeup_);
    to_.wake(&wakeup_);
    task_ = pass_on();
    task_.start();
  }
  std::size_t most_unsent = 0;

 private:
  static constexpr std::size_t limit = 64 * 1024;
  Task<> pass_on() {
    while (!from_.ended()) {
      while (to_.unsent() < limit) {
        const Bytes bytes = from_.receive();
        if (bytes.empty()) break;
        to_.send(bytes);
        most_unsent = std::max(most_unsent, to_.unsent());
      }
      if (from_.ended()) break;
      co_await wakeup_;
    }
    to_.end_sending();
  }
  Wakeup wakeup_;
  Socket& from_;
  Socket& to_;
  Task<> task_;
};

// Sends a long pattern, itself bounded by `unsent`.
class Source {
 public:
  Source(Loop& loop, Socket& to, std::size_t total) : wakeup_(loop), to_(to), total_(total) {
    to_.wake(&wakeup_);
    task_ = give();
    task_.start();
  }
  std::size_t given = 0;

 private:
  Task<> give() {
    const std::string block = pattern(1 << 16);
    while (given < total_) {
      const std::size_t count = std::min(block.size(), total_ - given);
      to_.send(bytes_of(std::string_view(block).substr(0, count)));
      given += count;
      while (to_.unsent() > 0) co_await wakeup_;
    }
    to_.end_sending();
  }
  Wakeup wakeup_;
  Socket& to_;
  std::size_t total_;
  Task<> task_;
};

TEST_P(StreamTest, AHundredMegabytesPassThroughARelayInBoundedMemory) {
  constexpr std::size_t total = 100'000'000;
  auto [client, relay_in] = connected();
  auto [relay_out, server] = connected();
  relay_in->wake(nullptr);
  relay_out->wake(nullptr);
  Relay relay(*loop, *relay_in, *relay_out);
  Source source(*loop, *client, total);
  const std::string block = pattern(1 << 16);
  std::size_t received = 0;
  bool same = true;
  ASSERT_TRUE(until([&] {
    for (Bytes bytes = server->receive(); !bytes.empty(); bytes = server->receive()) {
      for (Bytes rest = bytes; !rest.empty();) {
        const std::size_t at = received % block.size();
        const std::size_t count = std::min(rest.size(), block.size() - at);
        same = same && text_of(rest.first(count)) == std::string_view(block).substr(at, count);
        received += count;
        rest = rest.subspan(count);
      }
    }
    return server->ended().has_value();
  }));
  EXPECT_TRUE(same);
  EXPECT_EQ(received, total);
  EXPECT_EQ(server->ended()->reason, Reason::closed);
  EXPECT_LE(relay.most_unsent, 64u * 1024 + 16 * 1024);
}

TEST_P(StreamTest, AReceiverThatDoesNotAskSlowsTheSender) {
  constexpr std::size_t total = 64'000'000;
  auto [client, server] = connected();
  server->wake(nullptr);
  Source source(*loop, *client, total);
  // Another connection is not held up by it.
  auto [other_client, other_server] = connected();
  Received other;
  for (int i = 0; i < 200; ++i) {
    other_client->send(bytes_of("x"));
    ASSERT_TRUE(until([&] { return other.from(*other_server).size() == static_cast<std::size_t>(i) + 1; }));
  }
  EXPECT_LT(source.given, total);
  EXPECT_GT(client->unsent(), 0u);
  EXPECT_EQ(server->received_bytes(), 0u);
  server->wake(&driver->wakeup);
  std::size_t received = 0;
  ASSERT_TRUE(until([&] {
    for (Bytes bytes = server->receive(); !bytes.empty(); bytes = server->receive()) received += bytes.size();
    return server->ended().has_value();
  }));
  EXPECT_EQ(received, total);
}

TEST_P(StreamTest, StalledReceiversThatHadAskedDoNotHoldTheOthers) {
  // More of them than the loop has buffers.
  std::vector<SocketPair> stalled;
  const auto listener = listening();
  for (int i = 0; i < 150; ++i) {
    stalled.push_back(connected_through(*listener, {"127.0.0.1", listener->port(), {}}));
    EXPECT_TRUE(stalled.back().server->receive().empty());
    stalled.back().client->send(bytes_of(pattern(3000)));
  }
  auto [client, server] = connected();
  Received received;
  for (std::size_t i = 1; i <= 100; ++i) {
    client->send(bytes_of("y"));
    ASSERT_TRUE(until([&] { return received.from(*server).size() == i; }));
  }
  for (const auto& pair : stalled) {
    Received late;
    ASSERT_TRUE(until([&] { return late.from(*pair.server).size() == 3000; }));
    ASSERT_EQ(late.text, pattern(3000));
  }
}

TEST_P(StreamTest, ANewOwnerFindsWhatHasHappenedMeanwhile) {
  auto [client, server] = connected();
  server->wake(nullptr);
  client->send(bytes_of("early"));
  bool sent = false;
  ASSERT_TRUE(until([&] { return (sent = client->unsent() == 0); }));
  server->wake(&driver->wakeup);
  Received received;
  EXPECT_TRUE(until([&] { return received.from(*server) == "early"; }));
}

TEST_P(StreamTest, UnixSocketsCarryBytesToo) {
  const std::string path = ::testing::TempDir() + "lk-io-" + std::to_string(::getpid()) + ".sock";
  {
    const auto listener = listening({"", 0, path});
    auto [client, server] = connected_through(*listener, {"", 0, path});
    EXPECT_EQ(client->endpoints().remote, "unix:" + path);
    EXPECT_TRUE(server->endpoints().loopback);
    const std::string text = pattern(1'000'000);
    client->send(bytes_of(text));
    client->end_sending();
    Received received;
    ASSERT_TRUE(until([&] { return received.from(*server).size() >= text.size() && server->ended(); }));
    EXPECT_EQ(received.text, text);
  }
  // The file goes with its listener, and one that was left by a dead process is not in the way.
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

LK_ON_EACH_BACKEND(StreamTest);

}  // namespace
}  // namespace lockkeeper::io::testing
