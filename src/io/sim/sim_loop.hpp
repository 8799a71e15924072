// A loop without a kernel: connections in memory, a clock that jumps, and everything that is left to chance decided by
// a seed. The same seed gives the same run. One thread; `post` and `stop` too.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "io/closing.hpp"
#include "io/loop.hpp"
#include "io/ready_list.hpp"
#include "io/sim/random.hpp"
#include "io/timer_heap.hpp"

namespace lockkeeper::io::sim {

class SimListener;
class SimSocket;
struct SimPipe;

/// What the network does to bytes. Chances are out of 1000, taken for each piece that is sent.
struct SimNetwork {
  unsigned cut = 0;    ///< A piece ends somewhere in the middle, its rest is a piece of its own.
  unsigned stall = 0;  ///< A piece, and all behind it, comes later by `longest_stall`.
  unsigned reset = 0;  ///< The connection breaks, both sides hear of it.
  std::chrono::microseconds longest_delay{0};  ///< Of each piece; the order stays.
  std::chrono::microseconds longest_stall{1'000'000};
  std::size_t window = 64 * 1024;  ///< Bytes under way in one direction; what is more is `unsent`.
};

class SimLoop final : public Loop {
 public:
  explicit SimLoop(std::uint64_t seed, const SimNetwork& network = {});
  SimLoop(const SimLoop&) = delete;
  SimLoop& operator=(const SimLoop&) = delete;
  ~SimLoop() override;

  /// Until `stop`, or until nothing can happen any more.
  void run() override;
  /// Until nothing can happen any more but by the caller. False: the clock would have to go beyond `limit`.
  bool run_until_idle(TimePoint limit = TimePoint::max());
  /// A connection, both sides of it in this loop.
  [[nodiscard]] std::pair<std::unique_ptr<Socket>, std::unique_ptr<Socket>> make_pair();
  [[nodiscard]] Random& random() noexcept { return random_; }
  /// May be changed at any time.
  SimNetwork network;

  void stop() noexcept override { stopping_ = true; }
  void post(std::function<void()> work) override { posted_.push_back(std::move(work)); }
  [[nodiscard]] TimePoint now() const noexcept override { return now_; }
  [[nodiscard]] Backend backend() const noexcept override { return Backend::automatic; }
  [[nodiscard]] std::expected<std::unique_ptr<Listener>, IoError> listen(const Address& address, Wakeup& wakeup,
                                                                         bool reuse_port) override;
  /// Refused where nobody listens on the very same address.
  [[nodiscard]] std::unique_ptr<Connecting> connect(const Address& address, TimePoint deadline,
                                                    Wakeup& wakeup) override;
  void close_when_sent(std::unique_ptr<Socket> socket, TimePoint deadline) override;
  void detach(std::unique_ptr<Socket> socket, std::function<void(std::unique_ptr<Socket>)> then) override;
  [[nodiscard]] std::unique_ptr<Socket> adopt(std::unique_ptr<Socket> detached) override;

  // --- for its sockets and listeners ---
  void flush_later(SimSocket& socket) { flush_.push_back(&socket); }
  void forget(SimSocket& socket) noexcept { std::erase(flush_, &socket); }
  void forget(SimListener& listener) noexcept;
  /// The pipe's reader is told at that time.
  void arrives(const std::shared_ptr<SimPipe>& pipe, TimePoint at);
  [[nodiscard]] std::string next_name();

 protected:
  void resume_later(Wakeup& wakeup) noexcept override { ready_.add(wakeup); }
  void forget(Wakeup& wakeup) noexcept override { ready_.remove(wakeup); }
  void set_timer(Timer& timer) override { timers_.set(timer); }
  void forget(Timer& timer) noexcept override { timers_.remove(timer); }

 private:
  struct Arrival {
    TimePoint at;
    std::uint64_t number;  // What was sent first comes first.
    std::shared_ptr<SimPipe> pipe;
    bool operator>(const Arrival& other) const { return std::pair(at, number) > std::pair(other.at, other.number); }
  };

  void turn();
  [[nodiscard]] bool has_work() const noexcept { return !ready_.empty() || !posted_.empty() || !flush_.empty(); }
  [[nodiscard]] TimePoint next_event() const noexcept;

  Random random_;
  TimePoint now_{std::chrono::hours(24)};
  bool stopping_ = false;
  ReadyList ready_;
  TimerHeap timers_;
  ClosingSockets closing_;
  std::deque<std::function<void()>> posted_;
  std::vector<SimSocket*> flush_;
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> arrivals_;
  std::uint64_t arrival_number_ = 0;
  std::map<std::string, SimListener*> listeners_;
  unsigned names_ = 0;
};

}  // namespace lockkeeper::io::sim
