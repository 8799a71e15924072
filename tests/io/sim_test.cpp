// The simulated loop: the same seed, the same run; bytes survive whatever the network does but a reset.
#include "io/sim/sim_loop.hpp"

#include <vector>

#include "io/harness.hpp"

namespace lockkeeper::io::testing {
namespace {

using sim::SimLoop;
using sim::SimNetwork;
using std::chrono::hours;
using std::chrono::microseconds;

constexpr SimNetwork rough{.cut = 600, .stall = 50, .longest_delay = microseconds(5000)};

// Takes what comes, noting how it came.
class Taker {
 public:
  Taker(Loop& loop, Socket& socket) : wakeup_(loop), loop_(loop), socket_(socket) {
    socket_.wake(&wakeup_);
    task_ = take();
    task_.start();
  }
  std::string text;
  std::vector<std::pair<TimePoint, std::size_t>> pieces;

 private:
  Task<> take() {
    while (!socket_.ended()) {
      for (Bytes bytes = socket_.receive(); !bytes.empty(); bytes = socket_.receive()) {
        text += text_of(bytes);
        pieces.emplace_back(loop_.now(), bytes.size());
      }
      if (!socket_.ended()) co_await wakeup_;
    }
  }
  Wakeup wakeup_;
  Loop& loop_;
  Socket& socket_;
  Task<> task_;
};

std::vector<std::pair<TimePoint, std::size_t>> run_with(std::uint64_t seed) {
  SimLoop loop(seed, rough);
  auto [left, right] = loop.make_pair();
  Taker taker(loop, *right);
  left->send(bytes_of(pattern(300'000)));
  left->end_sending();
  EXPECT_TRUE(loop.run_until_idle());
  EXPECT_EQ(taker.text, pattern(300'000));
  EXPECT_EQ(right->ended()->reason, Reason::closed);
  return taker.pieces;
}

TEST(SimLoop, BytesArriveWholeAndTheSameSeedGivesTheSameRun) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) EXPECT_EQ(run_with(seed), run_with(seed));
  EXPECT_NE(run_with(1), run_with(2));
}

TEST(SimLoop, TheClockJumpsToTheNextTimer) {
  SimLoop loop(1);
  Wakeup wakeup(loop);
  Timer timer(loop, wakeup);
  const TimePoint start = loop.now();
  timer.set(start + hours(10));
  EXPECT_FALSE(loop.run_until_idle(start + hours(9)));
  EXPECT_EQ(loop.now(), start);
  EXPECT_TRUE(loop.run_until_idle());
  EXPECT_EQ(loop.now(), start + hours(10));
  EXPECT_TRUE(timer.due(loop.now()));
}

TEST(SimLoop, AReceiverThatDoesNotAskSlowsTheSender) {
  SimLoop loop(1, {.window = 1000});
  auto [left, right] = loop.make_pair();
  left->send(bytes_of(pattern(5000)));
  EXPECT_TRUE(loop.run_until_idle());
  EXPECT_EQ(left->unsent(), 4000u);
  Taker taker(loop, *right);
  EXPECT_TRUE(loop.run_until_idle());
  EXPECT_EQ(left->unsent(), 0u);
  EXPECT_EQ(taker.text, pattern(5000));
}

TEST(SimLoop, AResetIsToldToBothSides) {
  SimLoop loop(3, {.reset = 1000});
  auto [left, right] = loop.make_pair();
  Taker at_left(loop, *left), at_right(loop, *right);
  left->send(bytes_of("never"));
  EXPECT_TRUE(loop.run_until_idle());
  EXPECT_TRUE(left->peer_gone() && right->peer_gone());
  EXPECT_EQ(left->ended()->reason, Reason::reset);
  EXPECT_EQ(right->ended()->reason, Reason::reset);
  EXPECT_EQ(at_right.text, "");
}

TEST(SimLoop, ListensConnectsAndClosesInOrder) {
  SimLoop loop(4, rough);
  Wakeup wakeup(loop);
  const Address address{"db.example", 5432, {}};
  auto nobody = loop.connect(address, TimePoint::max(), wakeup)->result();
  ASSERT_TRUE(nobody && !*nobody);
  EXPECT_EQ(nobody->error().reason, Reason::refused);
  auto listener = loop.listen(address, wakeup, false);
  ASSERT_TRUE(listener);
  EXPECT_FALSE(loop.listen(address, wakeup, false));
  auto client = loop.connect(address, TimePoint::max(), wakeup)->result();
  ASSERT_TRUE(client && *client);
  auto server = (*listener)->accept();
  ASSERT_NE(server, nullptr);
  EXPECT_EQ((*listener)->accept(), nullptr);
  (**client)->send(bytes_of(pattern(100'000)));
  loop.close_when_sent(std::move(**client), loop.now() + hours(1));
  Taker taker(loop, *server);
  EXPECT_TRUE(loop.run_until_idle(loop.now() + hours(2)));
  EXPECT_EQ(taker.text, pattern(100'000));
  EXPECT_EQ(server->ended()->reason, Reason::closed);
}

}  // namespace
}  // namespace lockkeeper::io::testing
