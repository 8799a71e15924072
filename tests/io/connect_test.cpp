// Connecting and listening: who is there, who is not, and what the messages say.
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <vector>

#include "io/harness.hpp"
#include "support/loopback.hpp"

namespace lockkeeper::io::testing {
namespace {

using std::chrono::milliseconds;

class ConnectTest : public OnEachBackend {};

// A port that nobody listens on, kept by a socket that is bound and no more.
class ClosedPort {
 public:
  ClosedPort() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~ClosedPort() { ::close(descriptor_); }
  std::uint16_t port = 0;

 private:
  int descriptor_;
};

TEST_P(ConnectTest, ARefusalNamesTheAddress) {
  const ClosedPort closed;
  const auto result = connect_to({"127.0.0.1", closed.port, {}}, soon());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, Reason::refused);
  EXPECT_EQ(result.error().message, "connection refused (127.0.0.1:" + std::to_string(closed.port) + ")");
}

TEST_P(ConnectTest, EveryAddressOfAHostIsTried) {
  const ClosedPort closed;
  const auto refused = connect_to({"localhost", closed.port, {}}, soon());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("127.0.0.1"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("::1"), std::string::npos) << refused.error().message;
  const auto listener = listening();
  EXPECT_TRUE(connect_to({"localhost", listener->port(), {}}, soon()));
}

TEST_P(ConnectTest, AnUnknownNameIsAskedForBesideTheLoop) {
  const auto result = connect_to({"no-such-host.invalid", 5432, {}}, soon());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, Reason::unreachable);
  EXPECT_NE(result.error().message.find("\"no-such-host.invalid\""), std::string::npos) << result.error().message;
}

TEST_P(ConnectTest, AQuestionThatNobodyWaitsForAnyMoreIsForgotten) {
  auto connecting = loop->connect({"another-host.invalid", 5432, {}}, soon(), driver->wakeup);
  connecting.reset();
  EXPECT_FALSE(connect_to({"no-such-host.invalid", 5432, {}}, soon()));
}

TEST_P(ConnectTest, TheDeadlineCoversThePeerThatDoesNotAnswer) {
  std::vector<std::unique_ptr<Socket>> filling;
  // A full backlog: further connects get no answer.
  const lockkeeper::testing::LoopbackListener full(0);
  const Address target{"127.0.0.1", full.port(), {}};
  for (;;) {
    auto result = connect_to(target, Clock::now() + milliseconds(50));
    if (!result) {
      EXPECT_EQ(result.error().reason, Reason::deadline);
      EXPECT_EQ(result.error().message, "no connection in time (" + to_string(target) + ")");
      break;
    }
    filling.push_back(std::move(*result));
    ASSERT_LT(filling.size(), 100u);
  }
}

TEST_P(ConnectTest, AUnixSocketThatIsNotThereIsNamed) {
  const auto result = connect_to({"", 0, "/nonexistent/.s.PGSQL.5432"}, soon());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, Reason::unreachable);
  EXPECT_NE(result.error().message.find("unix:/nonexistent/.s.PGSQL.5432"), std::string::npos);
  const auto endless = connect_to({"", 0, "/" + std::string(200, 'x')}, soon());
  ASSERT_FALSE(endless);
  EXPECT_NE(endless.error().message.find("at most 107 bytes"), std::string::npos) << endless.error().message;
}

TEST_P(ConnectTest, ListeningTwiceOnAPortSaysWhatToDo) {
  const auto first = listening();
  const auto second = loop->listen({"127.0.0.1", first->port(), {}}, driver->wakeup, false);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "cannot listen on 127.0.0.1:" + std::to_string(first->port()) +
                                        ": it is in use; stop what listens there, or choose another port");
  const auto nowhere = loop->listen({"192.0.2.1", 0, {}}, driver->wakeup, false);
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("no such address"), std::string::npos) << nowhere.error().message;
}

TEST_P(ConnectTest, APortIsFreeAsSoonAsItsListenerHasGone) {
  auto first = listening();
  const Address address{"127.0.0.1", first->port(), {}};
  auto pair = connected_through(*first, address);
  first.reset();
  EXPECT_TRUE(loop->listen(address, driver->wakeup, false));
}

TEST_P(ConnectTest, TwoLoopsShareAPort) {
  auto second_loop = open_loop(GetParam());
  Wakeup second_wakeup(*second_loop);
  auto first = loop->listen({"127.0.0.1", 0, {}}, driver->wakeup, true);
  ASSERT_TRUE(first);
  EXPECT_TRUE(second_loop->listen({"127.0.0.1", (*first)->port(), {}}, second_wakeup, true));
}

TEST_P(ConnectTest, AllAddressesTakeBothVersions) {
  const auto listener = listening({"*", 0, {}});
  auto [client, server] = connected_through(*listener, {"127.0.0.1", listener->port(), {}});
  EXPECT_EQ(server->endpoints().remote, client->endpoints().local);
  EXPECT_TRUE(server->endpoints().loopback);
}

TEST_P(ConnectTest, APausedListenerLeavesConnectionsInTheKernel) {
  const auto listener = listening();
  listener->pause(true);
  auto client = connect_to({"127.0.0.1", listener->port(), {}}, soon());
  ASSERT_TRUE(client);
  EXPECT_EQ(listener->accept(), nullptr);
  (*client)->send(bytes_of("early"));
  listener->pause(false);
  std::unique_ptr<Socket> server;
  ASSERT_TRUE(until([&] { return (server = listener->accept()) != nullptr; }));
  server->wake(&driver->wakeup);
  Received received;
  EXPECT_TRUE(until([&] { return received.from(*server) == "early"; }));
}

TEST_P(ConnectTest, WithoutDescriptorsItWaitsAndThenTakesWhoCame) {
  const auto listener = listening();
  auto client = connect_to({"127.0.0.1", listener->port(), {}}, soon());
  ASSERT_TRUE(client);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;
  ::setrlimit(RLIMIT_NOFILE, &none);
  int asked = 0;
  std::unique_ptr<Socket> server;
  EXPECT_TRUE(until([&] {
    ++asked;
    server = listener->accept();
    return listener->shortage().has_value();
  }));
  EXPECT_EQ(server, nullptr);
  EXPECT_EQ(listener->shortage()->reason, Reason::resources);
  asked = 0;
  Timer later(*loop, driver->wakeup);
  later.set(Clock::now() + milliseconds(250));
  EXPECT_TRUE(until([&] {
    ++asked;
    server = listener->accept();
    return later.due(loop->now());
  }));
  EXPECT_LE(asked, 6);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(until([&] { return (server = listener->accept()) != nullptr; }));
  EXPECT_FALSE(listener->shortage());
}

TEST_P(ConnectTest, ADeadSocketFileIsReplacedALivingOneIsNot) {
  const std::string path = ::testing::TempDir() + "lk-io-dead-" + std::to_string(::getpid()) + ".sock";
  const Address address{"", 0, path};
  {
    const auto living = listening(address);
    const auto second = loop->listen(address, driver->wakeup, false);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("in use"), std::string::npos);
  }
  const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(dead, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  ::close(dead);
  EXPECT_NE(listening(address), nullptr);
}

LK_ON_EACH_BACKEND(ConnectTest);

}  // namespace
}  // namespace lockkeeper::io::testing
