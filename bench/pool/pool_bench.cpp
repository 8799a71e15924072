// Lockkeeper's side of bench/pool: the same two measurements, options and JSON members as bench/pool/hikari. See
// README.md.
#include <sys/resource.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <lockkeeper/pool.hpp>

#include "library/stub_driver.hpp"
#include "pool/wait_histogram.hpp"

namespace lockkeeper::bench {
namespace {

using Clock = std::chrono::steady_clock;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A wait that uses no CPU, as a caller's while a real server works.
void pause(std::chrono::nanoseconds time) {
  const auto until = (Clock::now() + time).time_since_epoch();
  const timespec end{static_cast<std::time_t>(until.count() / 1'000'000'000),
                     static_cast<long>(until.count() % 1'000'000'000)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nullptr) != 0) {
  }
}

std::uint64_t nanoseconds(Clock::duration time) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(time).count());
}

struct CycleOptions {
  std::size_t threads = 1;
  std::size_t connections = 32;
  double seconds = 5;
  double warmup = 0.5;
  double hold_us = 0;
  bool nested = false;  ///< Every thread holds a lease of another pool meanwhile.
  bool detect_deadlocks = true;
};

enum class Stage { warm_up, measure, done };

struct alignas(64) Caller {
  WaitHistogram waits;
  std::uint64_t operations = 0;

  void call(Pool& pool, const std::atomic<Stage>& stage, unsigned sampled_every, std::chrono::nanoseconds hold) {
    for (std::uint64_t count = 0;; ++count) {
      const Stage now = stage.load(std::memory_order_relaxed);
      if (now == Stage::done) return;
      const bool sampled = now == Stage::measure && count % sampled_every == 0;
      const Clock::time_point asked = sampled ? Clock::now() : Clock::time_point{};
      const Lease lease = pool.acquire();
      if (sampled) waits.add(nanoseconds(Clock::now() - asked));
      if (hold.count() > 0) pause(hold);
      operations += static_cast<std::uint64_t>(now == Stage::measure);
    }
  }
};

void wait_until_filled(const Pool& pool, std::size_t connections) {
  while (pool.metrics().idle < connections) std::this_thread::yield();
}

void cycle(const CycleOptions& options) {
  const PoolSettings settings{.name = "bench",
                              .maximum_size = options.connections,
                              .acquire_timeout = std::chrono::minutes(10),
                              .detect_deadlocks = options.detect_deadlocks};
  Pool pool(std::make_shared<testing::StubDriver>(), {}, settings);
  wait_until_filled(pool, options.connections);
  const unsigned sampled_every = options.threads > options.connections ? 1 : 64;
  const std::chrono::nanoseconds hold(static_cast<std::int64_t>(options.hold_us * 1e3));
  // Who holds something and has to wait is judged: whether the wait can end at all.
  std::unique_ptr<Pool> outer;
  if (options.nested) {
    outer = std::make_unique<Pool>(std::make_shared<testing::StubDriver>(), Target{},
                                   PoolSettings{.name = "outer", .maximum_size = options.threads});
  }
  std::atomic<Stage> stage{Stage::warm_up};
  std::vector<Caller> callers(options.threads);
  std::vector<std::thread> threads;
  for (Caller& caller : callers) {
    threads.emplace_back([&] {
      const Lease held = outer ? outer->acquire() : Lease();
      caller.call(pool, stage, sampled_every, hold);
    });
  }
  pause(std::chrono::nanoseconds(static_cast<std::int64_t>(options.warmup * 1e9)));
  const double cpu_before = cpu_seconds();
  const Clock::time_point begin = Clock::now();
  stage = Stage::measure;
  pause(std::chrono::nanoseconds(static_cast<std::int64_t>(options.seconds * 1e9)));
  stage = Stage::done;
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  const double cpu = cpu_seconds() - cpu_before;
  for (std::thread& thread : threads) thread.join();

  WaitHistogram waits;
  std::uint64_t operations = 0, fewest = UINT64_MAX, most = 0;
  for (const Caller& caller : callers) {
    waits.merge(caller.waits);
    operations += caller.operations;
    fewest = std::min(fewest, caller.operations);
    most = std::max(most, caller.operations);
  }
  const auto total = static_cast<double>(std::max<std::uint64_t>(1, operations));
  std::printf(
      R"({"measurement":"cycle","pool":"Lockkeeper","threads":%zu,"connections":%zu,"hold_us":%.1f,"nested":%s,"detect_deadlocks":%s,)"
      R"("seconds":%.3f,"operations_per_second":%.0f,"ns_per_operation_per_thread":%.1f,"wait_sampled_every":%u,)"
      R"("wait_samples":%lu,"wait_p50_ns":%lu,"wait_p99_ns":%lu,"wait_p999_ns":%lu,"wait_max_ns":%lu,"wait_mean_ns":%.1f,)"
      R"("fairness_largest_over_mean_wait":%.1f,"operations_min_thread":%lu,"operations_max_thread":%lu,"cpu_seconds":%.3f})"
      "\n",
      options.threads, options.connections, options.hold_us, options.nested ? "true" : "false",
      options.detect_deadlocks ? "true" : "false", elapsed, static_cast<double>(operations) / elapsed,
      elapsed * 1e9 * static_cast<double>(options.threads) / total, sampled_every, waits.count(), waits.quantile(0.5),
      waits.quantile(0.99), waits.quantile(0.999), waits.largest(), waits.mean(),
      waits.mean() == 0 ? 0 : static_cast<double>(waits.largest()) / waits.mean(), fewest, most, cpu);
}

struct SpikeOptions {
  std::size_t threads = 50;
  std::size_t maximum = 50;
  std::size_t minimum_idle = 5;
  double connect_ms = 150;
  double query_ms = 2;
};

void spike(const SpikeOptions& options) {
  auto server = std::make_shared<testing::StubServer>();
  Pool pool(std::make_shared<testing::StubDriver>(server), {},
            {.name = "bench", .maximum_size = options.maximum, .minimum_idle = options.minimum_idle});
  wait_until_filled(pool, options.minimum_idle);
  const int created_before = server->created;
  server->connect_delay_ms = static_cast<std::int64_t>(options.connect_ms);
  std::vector<std::uint64_t> waits(options.threads);
  std::barrier<> gate(static_cast<std::ptrdiff_t>(options.threads + 1));
  std::vector<std::thread> threads;
  for (std::uint64_t& wait : waits) {
    threads.emplace_back([&] {
      gate.arrive_and_wait();
      const Clock::time_point asked = Clock::now();
      const Lease lease = pool.acquire();
      wait = nanoseconds(Clock::now() - asked);
      pause(std::chrono::nanoseconds(static_cast<std::int64_t>(options.query_ms * 1e6)));
    });
  }
  const double cpu_before = cpu_seconds();
  gate.arrive_and_wait();
  const Clock::time_point begin = Clock::now();
  for (std::thread& thread : threads) thread.join();
  const double served = std::chrono::duration<double>(Clock::now() - begin).count();
  const double cpu = cpu_seconds() - cpu_before;
  const PoolMetrics at_end = pool.metrics();
  while (pool.metrics().connecting > 0) pause(std::chrono::milliseconds(1));
  std::ranges::sort(waits);
  const auto rank = [&](double part) {
    return waits[static_cast<std::size_t>(part * static_cast<double>(waits.size() - 1))];
  };
  const double mean = static_cast<double>(std::accumulate(waits.begin(), waits.end(), std::uint64_t{0})) /
                      static_cast<double>(waits.size());
  const PoolMetrics settled = pool.metrics();
  std::printf(
      R"({"measurement":"spike","pool":"Lockkeeper","threads":%zu,"maximum":%zu,"minimum_idle":%zu,"connect_ms":%.1f,"query_ms":%.1f,)"
      R"("served_ms":%.3f,"wait_p50_ns":%lu,"wait_p99_ns":%lu,"wait_max_ns":%lu,"wait_mean_ns":%.1f,"cpu_seconds":%.3f,)"
      R"("connections_at_start":%zu,"connections_at_end":%zu,"connections_settled":%zu,"connections_created":%d})"
      "\n",
      options.threads, options.maximum, options.minimum_idle, options.connect_ms, options.query_ms, served * 1e3,
      rank(0.5), rank(0.99), waits.back(), mean, cpu, options.minimum_idle, at_end.idle + at_end.in_use,
      settled.idle + settled.in_use, server->created.load() - created_before);
}

}  // namespace
}  // namespace lockkeeper::bench

int main(int argc, char** argv) {
  using namespace lockkeeper::bench;
  CLI::App app{"Lockkeeper's pool on a stub driver; bench/pool/README.md explains the members"};
  app.require_subcommand(1);
  CycleOptions cycle_options;
  CLI::App* cycle_command = app.add_subcommand("cycle", "acquire and release in a closed loop");
  cycle_command->add_option("--threads", cycle_options.threads)->check(CLI::Range(1, 10'000));
  cycle_command->add_option("--connections", cycle_options.connections)->check(CLI::Range(1, 10'000));
  cycle_command->add_option("--seconds", cycle_options.seconds)->check(CLI::Range(0.1, 3600.0));
  cycle_command->add_option("--warmup", cycle_options.warmup)->check(CLI::Range(0.1, 3600.0));
  cycle_command->add_option("--hold-us", cycle_options.hold_us)->check(CLI::Range(0.0, 1e6));
  cycle_command->add_option("--nested", cycle_options.nested);
  cycle_command->add_option("--detect-deadlocks", cycle_options.detect_deadlocks);
  SpikeOptions spike_options;
  CLI::App* spike_command = app.add_subcommand("spike", "many callers at once, few connections, slow connecting");
  spike_command->add_option("--threads", spike_options.threads)->check(CLI::Range(1, 10'000));
  spike_command->add_option("--maximum", spike_options.maximum)->check(CLI::Range(1, 10'000));
  spike_command->add_option("--minimum-idle", spike_options.minimum_idle)->check(CLI::Range(1, 10'000));
  spike_command->add_option("--connect-ms", spike_options.connect_ms)->check(CLI::Range(0.0, 60'000.0));
  spike_command->add_option("--query-ms", spike_options.query_ms)->check(CLI::Range(0.0, 60'000.0));
  CLI11_PARSE(app, argc, argv);
  if (*cycle_command) cycle(cycle_options);
  if (*spike_command) spike(spike_options);
  return 0;
}
