// The event stream: looks, findings that come, change and go, and readers that do not keep up.
#include <gmock/gmock.h>

#include <chrono>

#include "http/event_hub.hpp"
#include "http/serving.hpp"

namespace lockkeeper::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsNull;
using ::testing::Not;
using ::testing::NotNull;

class Hub : public ::testing::Test {
 protected:
  void publish() {
    board.publish(view_of(shop));
    hub.watch(board, [this](const diagnose::View&) { ++seen; });
  }

  Shop shop;
  diagnose::Board board;
  http::EventHub hub{2, 8};
  int seen = 0;
};

TEST_F(Hub, TellsOfLooksAndOfWhatTheyChanged) {
  shop.leaked = 0;
  publish();
  const auto reader = hub.join();
  EXPECT_THAT(reader->queue.take(), HasSubstr("event: look"));
  shop.leaked = 3;
  publish();
  const std::string opened = reader->queue.take();
  EXPECT_THAT(opened, HasSubstr("id: 2\nevent: look\ndata: {\"server\":\"main\",\"version\":2,"));
  EXPECT_THAT(opened, HasSubstr("\"change\":\"opened\",\"id\":\"idle-transaction-3a1e32e7\""));
  shop.leaked = 5;
  publish();
  EXPECT_THAT(reader->queue.take(), HasSubstr("\"change\":\"changed\",\"id\":\"idle-transaction-3a1e32e7\""));
  publish();
  EXPECT_THAT(reader->queue.take(), Not(HasSubstr("event: finding")));
  shop.leaked = 0;
  publish();
  EXPECT_THAT(reader->queue.take(), HasSubstr("\"change\":\"closed\",\"id\":\"idle-transaction-3a1e32e7\""));
  EXPECT_EQ(seen, 5);
}

TEST_F(Hub, IsSilentWhereNothingWasPublished) {
  board.expect("main", "postgresql://db/shop");
  const auto reader = hub.join();
  hub.watch(board, [](const diagnose::View&) { FAIL(); });
  EXPECT_TRUE(reader->queue.empty());
}

TEST_F(Hub, CutsWhoDoesNotReadItsFindings) {
  publish();
  const auto reader = hub.join();
  int woken = 0;
  reader->wake = [&] { ++woken; };
  for (int i = 0; i < 20; ++i) {
    shop.leaked = 3 + i;
    publish();
  }
  EXPECT_TRUE(reader->queue.cut());
  EXPECT_EQ(woken, 20);
}

TEST_F(Hub, HasRoomForSoManyAndForTheNextWhenOneLeaves) {
  auto first = hub.join();
  const auto second = hub.join();
  EXPECT_THAT(first, NotNull());
  EXPECT_THAT(hub.join(), IsNull());
  first.reset();
  EXPECT_THAT(hub.join(), NotNull());
}

class Events : public Serving {
 protected:
  /// Reads until the text has come.
  static std::string read_until(testing::PlainSocket& socket, const std::string& text) {
    std::string all = socket.read(1);
    while (all.find(text) == std::string::npos) all = socket.read(all.size() + 1);
    return all;
  }

  bool has_room_for_another() {
    testing::PlainSocket socket(port());
    socket.send(request_text(get("/api/v1/events"), true));
    return read_until(socket, "\r\n\r\n").starts_with("HTTP/1.1 200");
  }
};

TEST_F(Events, AreAStreamThatBeginsWithTheNewestLook) {
  shop.leaked = 0;
  publish();
  start();
  testing::PlainSocket socket(port());
  socket.send(request_text(get("/api/v1/events"), true));
  const std::string begin = read_until(socket, "\"warning\":0");
  EXPECT_THAT(begin, HasSubstr("Content-Type: text/event-stream"));
  EXPECT_THAT(begin, HasSubstr("Cache-Control: no-store"));
  EXPECT_THAT(begin, HasSubstr("\"idle_in_transaction\":1"));
  shop.leaked = 4;
  publish();
  EXPECT_THAT(read_until(socket, "event: finding"), HasSubstr("id: 2"));
}

TEST_F(Events, SilenceIsBrokenByComments) {
  settings.limits.heartbeat = 20ms;
  start();
  testing::PlainSocket socket(port());
  socket.send(request_text(get("/api/v1/events"), true));
  EXPECT_THAT(read_until(socket, ": still here"), HasSubstr("200 OK"));
}

TEST_F(Events, TooManyReadersAreToldSo) {
  settings.limits.streams = 1;
  start();
  testing::PlainSocket socket(port());
  socket.send(request_text(get("/api/v1/events"), true));
  read_until(socket, "retry:");
  EXPECT_EQ(ask(get("/api/v1/events")).error_code(), "busy");
}

// How long the sockets' buffers take everything is the kernel's affair: so looks are published until there is room for
// another reader, which there is once the one that sleeps has been cut.
TEST_F(Events, AReaderThatDoesNotReadIsCutAndHoldsUpNobody) {
  settings.limits.watch = 1ms;
  settings.limits.write = 200ms;
  settings.limits.streams = 2;
  shop.name = std::string(100'000, 'x');
  publish();
  start();
  testing::PlainSocket sleeping(port());
  sleeping.send(request_text(get("/api/v1/events"), true));
  sleeping.read(1);  // It has its place before anybody asks for one more.
  testing::PlainSocket awake(port());
  awake.send(request_text(get("/api/v1/events"), true));
  std::size_t read = awake.read(100'000).size();
  std::string version;
  const auto patience = std::chrono::steady_clock::now() + testing::default_patience;
  while (!has_room_for_another() && std::chrono::steady_clock::now() < patience) {
    shop.leaked = 7 - shop.leaked;
    publish();
    version = "\"version\":" + std::to_string(board.version()) + ",";
    const std::size_t from = read - 1;
    while (awake.read(read).find(version, from) == std::string::npos) read = awake.read(read + 1).size();
    read = awake.read(read).size();
  }
  EXPECT_THAT(sleeping.read_to_end(), Not(HasSubstr(version)));
}

}  // namespace
}  // namespace lockkeeper::test
