// Clients, a server and time, played by a seed around one core: who asks, works and leaves when, what connecting takes,
// what dies. Same seed, same run.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <random>
#include <tuple>
#include <vector>

#include "proxy/pool/core.hpp"

namespace lockkeeper::proxy::pool {

/// Clients of one pool, each again and again: think, ask, hold, give back. Times are spread from half to one and a
/// half.
struct Crowd {
  PoolId pool;
  std::uint32_t clients = 1;
  Duration think{};
  Duration hold{};
  std::uint32_t rounds = 1;
};

struct World {
  Duration connect = std::chrono::milliseconds{5};
  std::uint32_t connect_failures = 0;              ///< Of a thousand.
  std::uint32_t deaths = 0;                        ///< Of a thousand uses.
  Duration answer = std::chrono::milliseconds{1};  ///< What a sign of life takes.
  std::uint32_t silent = 0;     ///< Of a thousand idle connections that are asked for one: never answer.
  std::uint32_t dead = 0;       ///< Of a thousand: turn out to be dead.
  std::uint32_t impatient = 0;  ///< Of a thousand requests: given up at some time.
  Duration queue_timeout = std::chrono::seconds{10};
};

class Simulation {
 public:
  Simulation(std::uint32_t workers, std::uint64_t seed, const World& world)
      : core(workers, seed), workers_(workers), world_(world), random_(seed) {}

  void add(const Crowd& crowd);
  /// Until every client has done its rounds, or `limit` has passed.
  void run(Duration limit);

  Core core;
  TimePoint now{std::chrono::seconds{1000}};
  std::uint64_t given = 0;
  std::map<FailReason, std::uint64_t> failed;
  std::uint64_t given_up = 0;
  std::uint64_t asked = 0;
  Duration longest_wait{};    ///< However it ended.
  std::uint32_t at_once = 0;  ///< Most server connections there ever were.

 private:
  struct Client {
    Crowd crowd;
    std::uint32_t worker = 0;
    std::uint32_t rounds_left = 0;
    std::uint64_t request = 0;  ///< Grows: what a timer of an earlier request finds is not its own.
    WaiterId waiter;
    bool waiting = false;
  };
  struct Timer {
    TimePoint at{};
    std::uint64_t order = 0;
    std::function<void()> what;
    bool operator<(const Timer& other) const { return std::tie(other.at, other.order) < std::tie(at, order); }
  };

  void after(Duration time, std::function<void()> what);
  [[nodiscard]] bool one_in_thousand(std::uint32_t times) { return random_() % 1000 < times; }
  [[nodiscard]] Duration spread(Duration time);
  void ask(std::size_t client);
  void next_round(std::size_t client);
  void do_actions();
  void serve(const Give& give);
  void finish_use(ServerId server, std::size_t client);
  void end_connect(ServerId server);
  void end_check(ServerId server);

  std::uint32_t workers_;
  World world_;
  std::mt19937_64 random_;
  std::vector<Client> clients_;
  std::priority_queue<Timer> timers_;
  std::uint64_t order_ = 0;
  Actions actions_;
};

}  // namespace lockkeeper::proxy::pool
