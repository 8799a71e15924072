// Sockets that move from one loop's thread to another's, while their peers go on sending.
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "io/harness.hpp"

namespace lockkeeper::io::testing {
namespace {

class MoveTest : public OnEachBackend {};

// A second loop on a thread of its own, ended with it.
class Elsewhere {
 public:
  explicit Elsewhere(Backend backend) : loop(open_loop(backend)), thread_([this] { loop->run(); }) {}
  ~Elsewhere() {
    loop->stop();
    thread_.join();
  }
  const std::unique_ptr<Loop> loop;

 private:
  std::thread thread_;
};

// Counts and checks what arrives, on its loop's thread, and hands the socket on after a number of bytes.
class Station {
 public:
  Station(Loop& loop, std::unique_ptr<Socket> arrived, std::size_t hand_on_at, std::function<void(Station&)> then)
      : wakeup_(loop), socket(std::move(arrived)), hand_on_at_(hand_on_at), then_(std::move(then)) {
    socket->wake(&wakeup_);
    task_ = receive();
    task_.start();
  }

 private:
  Task<> receive() {
    while (socket->received_bytes() < hand_on_at_ && !socket->ended()) {
      for (Bytes bytes = socket->receive(); !bytes.empty(); bytes = socket->receive()) {
        same = same && text_of(bytes) == pattern(bytes.size(), socket->received_bytes() - bytes.size());
        if (socket->received_bytes() >= hand_on_at_) break;
      }
      if (socket->received_bytes() < hand_on_at_ && !socket->ended()) co_await wakeup_;
    }
    socket->wake(nullptr);
    then_(*this);
  }
  Wakeup wakeup_;

 public:
  std::unique_ptr<Socket> socket;
  bool same = true;

 private:
  std::size_t hand_on_at_;
  std::function<void(Station&)> then_;
  Task<> task_;
};

TEST_P(MoveTest, NothingIsLostWhileAPeerKeepsSending) {
  constexpr std::size_t total = 3'000'000, step = 50'000;
  auto [client, server] = connected();
  Elsewhere elsewhere(GetParam());
  // From loop to loop and back, again and again; the stations live until both loops stand.
  std::vector<std::unique_ptr<Station>> stations;
  std::atomic<bool> over = false;
  std::function<void(Station&)> hand_on;
  const auto arrive = [&](Loop& at, std::unique_ptr<Socket> detached) {
    auto socket = at.adopt(std::move(detached));
    const std::size_t goal = std::min(total, socket->received_bytes() + step);
    stations.push_back(std::make_unique<Station>(at, std::move(socket), goal, hand_on));
  };
  hand_on = [&](Station& station) {
    if (station.socket->received_bytes() >= total || station.socket->ended()) {
      over = true;
      loop->post([&] { driver->wakeup.signal(); });
      return;
    }
    Loop& from = stations.size() % 2 == 1 ? *loop : *elsewhere.loop;
    Loop& to = stations.size() % 2 == 1 ? *elsewhere.loop : *loop;
    // The station's task is still running here.
    from.post([&] {
      from.detach(std::move(stations.back()->socket), [&](std::unique_ptr<Socket> detached) {
        auto shared = std::make_shared<std::unique_ptr<Socket>>(std::move(detached));
        to.post([&arrive, &to, shared] { arrive(to, std::move(*shared)); });
      });
    });
  };
  loop->post([&] {
    server->wake(nullptr);
    loop->detach(std::move(server), [&](std::unique_ptr<Socket> socket) { arrive(*loop, std::move(socket)); });
  });
  std::size_t sent = 0;
  ASSERT_TRUE(until([&] {
    while (sent < total && client->unsent() < 100'000) {
      const std::size_t count = std::min<std::size_t>(7919, total - sent);
      client->send(bytes_of(pattern(count, sent)));
      sent += count;
    }
    return over.load();
  }));
  std::atomic<bool> cleared = false;
  elsewhere.loop->post([&] {
    for (auto& station : stations) EXPECT_TRUE(station->same);
    EXPECT_GT(stations.size(), 20u);
    cleared = true;
  });
  while (!cleared) std::this_thread::yield();
  // Each goes on its own loop's thread: the socket is with the last one.
  const bool last_is_here = stations.size() % 2 == 1;
  if (last_is_here) {
    stations.back().reset();
  } else {
    cleared = false;
    elsewhere.loop->post([&] {
      stations.back().reset();
      cleared = true;
    });
    while (!cleared) std::this_thread::yield();
  }
}

TEST_P(MoveTest, WhatHadComeBeforeGoesAlong) {
  auto [client, server] = connected();
  EXPECT_TRUE(server->receive().empty());
  client->send(bytes_of("before the move"));
  ASSERT_TRUE(until([&] { return client->unsent() == 0; }));
  server->wake(nullptr);
  std::unique_ptr<Socket> detached;
  loop->detach(std::move(server), [&](std::unique_ptr<Socket> socket) {
    detached = std::move(socket);
    driver->wakeup.signal();
  });
  EXPECT_EQ(detached, nullptr);
  ASSERT_TRUE(until([&] { return detached != nullptr; }));
  client->end_sending();
  auto adopted = loop->adopt(std::move(detached));
  adopted->wake(&driver->wakeup);
  Received received;
  ASSERT_TRUE(until([&] { return received.from(*adopted) == "before the move" && adopted->ended(); }));
  EXPECT_EQ(adopted->ended()->reason, Reason::closed);
}

TEST_P(MoveTest, ADetachedSocketThatNobodyAdoptsIsClosed) {
  auto [client, server] = connected();
  server->wake(nullptr);
  loop->detach(std::move(server), [](std::unique_ptr<Socket>) {});
  EXPECT_TRUE(until([&] { return client->peer_gone(); }));
}

TEST_P(MoveTest, OneBackendAdoptsFromTheOther) {
  auto other = Loop::open({.backend = GetParam() == Backend::epoll ? Backend::io_uring : Backend::epoll});
  if (!other) GTEST_SKIP() << other.error().message;
  auto [client, server] = connected();
  server->wake(nullptr);
  std::unique_ptr<Socket> adopted;
  loop->detach(std::move(server), [&](std::unique_ptr<Socket> socket) {
    adopted = (*other)->adopt(std::move(socket));
    driver->wakeup.signal();
  });
  ASSERT_TRUE(until([&] { return adopted != nullptr; }));
  client->send(bytes_of("to the other kind"));
  ASSERT_TRUE(until([&] { return client->unsent() == 0; }));
  Driver there(**other);
  adopted->wake(&there.wakeup);
  Received received;
  EXPECT_TRUE(there.until([&] { return received.from(*adopted) == "to the other kind"; }));
}

LK_ON_EACH_BACKEND(MoveTest);

}  // namespace
}  // namespace lockkeeper::io::testing
