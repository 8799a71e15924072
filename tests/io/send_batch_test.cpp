// Sends of several sockets by one system call: each has its own answer, whatever becomes of the others.
#include "io/send_batch.hpp"

#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "io/harness.hpp"

namespace lockkeeper::io::testing {
namespace {

using ::testing::ElementsAre;

// The ends of a connection within this process; the first does not block.
struct Pair {
  Pair() {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) ends = {-1, -1};
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  [[nodiscard]] std::string arrived() const {
    std::array<char, 64> buffer{};
    const ssize_t count = ::recv(ends[1], buffer.data(), buffer.size(), 0);
    return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
  }
  void end_reading() {
    ::close(ends[1]);
    ends[1] = -1;
  }
  // Until the kernel takes no more.
  void fill() const {
    const std::string much(64 * 1024, 'x');
    while (::send(ends[0], much.data(), much.size(), 0) > 0) {
    }
  }
  std::array<int, 2> ends{};
};

class SendBatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    batch = SendBatch::open();
    if (!batch) GTEST_SKIP() << "Linux AIO cannot be had here";
  }
  std::unique_ptr<SendBatch> batch;
};

TEST_F(SendBatchTest, AnswersInTheOrderOfWhatWasAdded) {
  const std::array<Pair, 3> pairs;
  batch->add(pairs[2].ends[0], bytes_of("three"));
  batch->add(pairs[0].ends[0], bytes_of("o"));
  batch->add(pairs[1].ends[0], bytes_of("tw"));
  EXPECT_THAT(batch->send(), ElementsAre(5, 1, 2));
  EXPECT_EQ(pairs[0].arrived(), "o");
  EXPECT_EQ(pairs[1].arrived(), "tw");
  EXPECT_EQ(pairs[2].arrived(), "three");
  EXPECT_THAT(batch->send(), ElementsAre());
}

TEST_F(SendBatchTest, GoesOnRoundItsRing) {
  const std::vector<Pair> pairs(SendBatch::room);
  for (std::size_t round = 0; round < 200; ++round) {
    const std::size_t count = round % pairs.size() + 1;
    std::vector<std::string> texts;
    for (std::size_t at = 0; at < count; ++at) texts.push_back(std::to_string(round) + "/" + std::to_string(at));
    for (std::size_t at = 0; at < count; ++at) batch->add(pairs[at].ends[0], bytes_of(texts[at]));
    const auto answers = batch->send();
    ASSERT_EQ(answers.size(), count);
    for (std::size_t at = 0; at < count; ++at) {
      ASSERT_EQ(answers[at], static_cast<ssize_t>(texts[at].size())) << texts[at];
      ASSERT_EQ(pairs[at].arrived(), texts[at]);
    }
  }
}

TEST_F(SendBatchTest, OneThatIsFullOneThatIsBrokenAndOneThatIsClosedHoldUpNobody) {
  const WithoutPipeSignal without_signal;
  std::array<Pair, 4> pairs;
  pairs[0].fill();
  pairs[1].end_reading();
  ::close(std::exchange(pairs[2].ends[0], -1));
  for (const Pair& pair : pairs) batch->add(pair.ends[0], bytes_of("word"));
  EXPECT_THAT(batch->send(), ElementsAre(-EAGAIN, -EPIPE, -EINTR, 4));
  EXPECT_EQ(pairs[3].arrived(), "word");
}

TEST_F(SendBatchTest, ASignalThatWaitedBeforeStillWaits) {
  std::thread([] {
    const sigset_t pipe = [] {
      sigset_t set{};
      sigemptyset(&set);
      sigaddset(&set, SIGPIPE);
      return set;
    }();
    sigset_t pending{};
    ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, &pipe, nullptr), 0);
    {
      const WithoutPipeSignal without_signal;
      ::pthread_kill(::pthread_self(), SIGPIPE);
    }
    ASSERT_EQ(::sigpending(&pending), 0);
    EXPECT_FALSE(sigismember(&pending, SIGPIPE)) << "nobody else's came meanwhile";
    ::pthread_kill(::pthread_self(), SIGPIPE);
    {
      const WithoutPipeSignal without_signal;
    }
    ASSERT_EQ(::sigpending(&pending), 0);
    EXPECT_TRUE(sigismember(&pending, SIGPIPE));
  }).join();
}

TEST_F(SendBatchTest, TheSignalOfABrokenConnectionIsGoneBeforeItCouldArrive) {
  Pair pair;
  pair.end_reading();
  sigset_t pending{};
  {
    const WithoutPipeSignal without_signal;
    batch->add(pair.ends[0], bytes_of("word"));
    EXPECT_THAT(batch->send(), ElementsAre(-EPIPE));
    ASSERT_EQ(::sigpending(&pending), 0);
    EXPECT_TRUE(::sigismember(&pending, SIGPIPE));
  }
  ASSERT_EQ(::sigpending(&pending), 0);
  EXPECT_FALSE(::sigismember(&pending, SIGPIPE));
  sigset_t blocked{};
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, nullptr, &blocked), 0);
  EXPECT_FALSE(::sigismember(&blocked, SIGPIPE));
}

// For this thread alone, as a container's profile may.
bool forbid(std::uint32_t system_call) {
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, system_call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// What io_setup() maps is called so.
bool has_linux_aio() {
  std::ifstream maps("/proc/self/maps");
  const std::string all{std::istreambuf_iterator<char>(maps), {}};
  return all.find("[aio]") != std::string::npos;
}

class ManyTest : public OnEachBackend {
 protected:
  // Each pair's client speaks in the same turn, and in every other one the server's end has gone.
  void all_speak_in_one_turn() {
    constexpr std::size_t count = SendBatch::room + 9;
    std::vector<SocketPair> pairs;
    for (std::size_t at = 0; at < count; ++at) pairs.push_back(connected());
    for (std::size_t at = 0; at < count; at += 2) pairs[at].server->reset();
    ASSERT_TRUE(until([&] { return pairs[count - 1].client->peer_gone(); }));
    for (std::size_t at = 0; at < count; ++at) pairs[at].client->send(bytes_of(pattern(1000, at)));
    std::vector<Received> received(count);
    const auto is_told = [&](std::size_t at) {
      if (at % 2 == 0) return pairs[at].client->receive().empty() && pairs[at].client->ended().has_value();
      return received[at].from(*pairs[at].server).size() == 1000;
    };
    for (std::size_t at = 0; at < count; ++at) ASSERT_TRUE(until([&] { return is_told(at); })) << at;
    for (std::size_t at = 1; at < count; at += 2) EXPECT_EQ(received[at].text, pattern(1000, at));
  }
};

TEST_P(ManyTest, SpeakInOneTurnAndEachIsHeardOrTold) {
  all_speak_in_one_turn();
  if (GetParam() == Backend::epoll && SendBatch::open()) {
    EXPECT_TRUE(has_linux_aio());
  }
}

// Parts as large as one send of a batch, until no reader takes more; then the ends, behind what still waits.
TEST_P(ManyTest, ThoseWhomNobodyReadsWaitAndLoseNothing) {
  const Address unix_address{"", 0, ::testing::TempDir() + "lk-io-" + std::to_string(::getpid()) + ".sock"};
  const auto unix_listener = listening(unix_address);
  std::vector<SocketPair> pairs;
  for (int at = 0; at < 3; ++at) pairs.push_back(connected());
  for (int at = 0; at < 3; ++at) pairs.push_back(connected_through(*unix_listener, unix_address));
  std::size_t sent = 0;
  const auto all_wait = [&] {
    return std::ranges::all_of(pairs, [](const SocketPair& pair) { return pair.client->unsent() > 0; });
  };
  do {
    const std::string part = pattern(15'000, sent);
    for (SocketPair& pair : pairs) pair.client->send(bytes_of(part));
    sent += part.size();
    bool was_turned = false;
    loop->post([&] {
      was_turned = true;
      driver->wakeup.signal();
    });
    ASSERT_TRUE(until([&] { return was_turned; }));
  } while (!all_wait());
  for (SocketPair& pair : pairs) pair.client->end_sending();
  const std::string expected = pattern(sent);
  for (SocketPair& pair : pairs) {
    Received received;
    ASSERT_TRUE(until([&] { return received.from(*pair.server), pair.server->ended().has_value(); }));
    EXPECT_EQ(pair.server->ended()->reason, Reason::closed);
    EXPECT_TRUE(received.text == expected) << received.text.size() << " of " << sent;
  }
}

class WithoutAioTest : public ManyTest {
 protected:
  // For the thread that calls.
  void renew_loop() {
    driver.reset();
    loop = open_loop(GetParam());
    driver = std::make_unique<Driver>(*loop);
  }
};

TEST_P(WithoutAioTest, EachSendsByItself) {
  bool is_forbidden = false;
  std::thread([&] {
    is_forbidden = forbid(SYS_io_setup);
    if (!is_forbidden) return;
    EXPECT_EQ(SendBatch::open(), nullptr);
    renew_loop();
    all_speak_in_one_turn();
    driver.reset();
    loop.reset();
  }).join();
  if (!is_forbidden) GTEST_SKIP() << "no seccomp here";
}

TEST_P(WithoutAioTest, ARefusalInTheMiddleOfItIsTheLastOne) {
  if (!SendBatch::open()) GTEST_SKIP() << "Linux AIO cannot be had here";
  bool is_forbidden = false;
  std::thread([&] {
    renew_loop();
    is_forbidden = forbid(SYS_io_submit);
    if (!is_forbidden) return;
    const auto batch = SendBatch::open();
    ASSERT_TRUE(batch);
    const Pair pair;
    batch->add(pair.ends[0], bytes_of("word"));
    EXPECT_THAT(batch->send(), ElementsAre(-EINTR));
    EXPECT_TRUE(batch->refused());
    all_speak_in_one_turn();
    driver.reset();
    loop.reset();
  }).join();
  if (!is_forbidden) GTEST_SKIP() << "no seccomp here";
}

LK_ON_EACH_BACKEND(ManyTest);
INSTANTIATE_TEST_SUITE_P(Io, WithoutAioTest, ::testing::Values(Backend::epoll), backend_name);

}  // namespace
}  // namespace lockkeeper::io::testing
