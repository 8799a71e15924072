// How connections end: in order, half, cut, abandoned, and with operations under way.
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "io/harness.hpp"

namespace lockkeeper::io::testing {
namespace {

using std::chrono::milliseconds;

class EndsTest : public OnEachBackend {
 protected:
  // In the next turn.
  void ask_again() {
    loop->post([this] { driver->wakeup.signal(); });
  }
};

TEST_P(EndsTest, AHalfClosedConnectionStillCarriesBytesTheOtherWay) {
  auto [client, server] = connected();
  client->send(bytes_of("last words"));
  client->end_sending();
  client->send(bytes_of("dropped"));
  Received at_server;
  ASSERT_TRUE(until([&] { return !at_server.from(*server).empty() && server->ended(); }));
  EXPECT_EQ(at_server.text, "last words");
  EXPECT_EQ(server->ended()->reason, Reason::closed);
  EXPECT_NE(server->ended()->message.find(server->endpoints().remote), std::string::npos);
  const std::string answer = pattern(300'000);
  server->send(bytes_of(answer));
  server->end_sending();
  Received at_client;
  ASSERT_TRUE(until([&] {
    at_client.from(*client);
    return client->ended().has_value();
  }));
  EXPECT_EQ(at_client.text, answer);
}

TEST_P(EndsTest, APeerThatHasGoneIsNoticedThoughNobodyReceives) {
  auto [client, server] = connected();
  client->send(bytes_of(pattern(40'000)));
  EXPECT_FALSE(server->peer_gone());
  ASSERT_TRUE(until([&] { return client->unsent() == 0; }));
  client.reset();
  ASSERT_TRUE(until([&] { return server->peer_gone(); }));
  EXPECT_FALSE(server->ended());
  Received received;
  ASSERT_TRUE(until([&] { return received.from(*server).size() == 40'000 && server->ended(); }));
  EXPECT_EQ(received.text, pattern(40'000));
}

TEST_P(EndsTest, APeerThatWentWithoutEverSendingIsNoticedToo) {
  auto [client, server] = connected();
  server->wake(nullptr);
  client.reset();
  server->wake(&driver->wakeup);
  EXPECT_TRUE(until([&] { return server->peer_gone(); }));
}

TEST_P(EndsTest, ACutIsNotTakenForAnOrderlyEnd) {
  auto [client, server] = connected();
  client->send(bytes_of("half a mess"));
  Received received;
  ASSERT_TRUE(until([&] { return received.from(*server) == "half a mess"; }));
  client->reset();
  client->send(bytes_of("dropped"));
  EXPECT_EQ(client->ended()->reason, Reason::reset);
  ASSERT_TRUE(until([&] {
    received.from(*server);
    return server->ended().has_value();
  }));
  EXPECT_EQ(server->ended()->reason, Reason::reset);
  EXPECT_TRUE(server->peer_gone());
}

TEST_P(EndsTest, ACutWithASendUnderWayIsStillACut) {
  auto [client, server] = connected();
  server->wake(nullptr);
  client->send(bytes_of(pattern(8'000'000)));
  Timer a_moment(*loop, driver->wakeup);
  a_moment.set(Clock::now() + milliseconds(5));
  ASSERT_TRUE(until([&] { return a_moment.due(loop->now()); }));
  EXPECT_GT(client->unsent(), 0u);
  client->reset();
  EXPECT_EQ(client->unsent(), 0u);
  server->wake(&driver->wakeup);
  ASSERT_TRUE(until([&] {
    while (!server->receive().empty()) {
    }
    return server->ended().has_value();
  }));
  EXPECT_EQ(server->ended()->reason, Reason::reset);
}

TEST_P(EndsTest, SendingToAPeerThatIsGoneIsFoundOutAndItsLastWordsAreStillReceived) {
  auto [client, server] = connected();
  server->send(bytes_of("FATAL: going down"));
  ASSERT_TRUE(until([&] { return server->unsent() == 0; }));
  server.reset();
  ASSERT_TRUE(until([&] { return client->peer_gone(); }));
  Received received;
  ASSERT_TRUE(until([&] {
    client->send(bytes_of("anybody?"));
    received.from(*client);
    if (!client->ended()) ask_again();
    return client->ended().has_value();
  }));
  EXPECT_EQ(received.text, "FATAL: going down");
  EXPECT_EQ(client->unsent(), 0u);
}

TEST_P(EndsTest, IsClosedInOrderOnceEverythingHasLeft) {
  auto [client, server] = connected();
  const std::string text = pattern(5'000'000);
  client->send(bytes_of(text));
  // Bytes that nobody will read would make the kernel cut the connection.
  server->send(bytes_of("unread"));
  loop->close_when_sent(std::move(client), soon());
  Received received;
  ASSERT_TRUE(until([&] { return received.from(*server).size() >= text.size() && server->ended(); }));
  EXPECT_EQ(received.text, text);
  EXPECT_EQ(server->ended()->reason, Reason::closed);
}

TEST_P(EndsTest, ClosingInOrderHasADeadline) {
  auto [client, server] = connected();
  server->wake(nullptr);
  client->send(bytes_of(pattern(8'000'000)));
  loop->close_when_sent(std::move(client), Clock::now() + milliseconds(20));
  ASSERT_TRUE(until([&] {
    if (!server->peer_gone()) ask_again();
    return server->peer_gone();
  }));
}

TEST_P(EndsTest, SocketsGoWithOperationsUnderWay) {
  const std::string much = pattern(6'000'000);
  for (int round = 0; round < 20; ++round) {
    auto [client, server] = connected();
    EXPECT_TRUE(client->receive().empty());
    EXPECT_TRUE(server->receive().empty());
    server->wake(nullptr);
    client->send(bytes_of(much));
    if (round % 2 == 0) {
      ASSERT_TRUE(until([&] { return true; }));
    }
    if (round % 3 == 0) server.reset();
  }
  auto [client, server] = connected();
  client->send(bytes_of("fine"));
  Received received;
  EXPECT_TRUE(until([&] { return received.from(*server) == "fine"; }));
}

TEST_P(EndsTest, ALoopGoesWithEverythingUnderWay) {
  auto pair = connected();
  pair.server->wake(nullptr);
  EXPECT_TRUE(pair.client->receive().empty());
  pair.client->send(bytes_of(pattern(8'000'000)));
  loop->close_when_sent(std::move(pair.client), soon());
  ASSERT_TRUE(until([&] { return true; }));
  auto listener = listening();
  auto connecting = loop->connect({"127.0.0.1", listener->port(), {}}, soon(), driver->wakeup);
  connecting.reset();
  listener.reset();
  pair.server.reset();
  driver.reset();
  loop.reset();
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

TEST_P(EndsTest, TwoThousandSocketsComeAndGoAndLeaveNothing) {
  const auto listener = listening();
  const Address address{"127.0.0.1", listener->port(), {}};
  ASSERT_TRUE(until([&] { return true; }));
  const std::size_t before = open_descriptors();
  for (int round = 0; round < 10; ++round) {
    std::vector<SocketPair> pairs;
    for (int i = 0; i < 100; ++i) pairs.push_back(connected_through(*listener, address));
    for (auto& pair : pairs) pair.client->send(bytes_of("hello"));
    for (auto& pair : pairs) {
      Received received;
      ASSERT_TRUE(until([&] { return received.from(*pair.server) == "hello"; }));
    }
    for (std::size_t i = 0; i < pairs.size(); i += 2) pairs[i].server.reset();
  }
  EXPECT_TRUE(until([&] {
    const bool gone = open_descriptors() <= before;
    if (!gone) ask_again();
    return gone;
  }));
}

LK_ON_EACH_BACKEND(EndsTest);

}  // namespace
}  // namespace lockkeeper::io::testing
