// A core on a bench: events with less to write, and what they led to as text.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "proxy/pool/core.hpp"

namespace lockkeeper::proxy::pool {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Each function empties `actions` first; afterwards they hold what that event led to.
class Bench {
 public:
  explicit Bench(std::uint32_t workers = 2, std::uint64_t seed = 1) : core(workers, seed) {}

  PoolId add(const PoolSettings& settings, std::uint32_t database = 0, std::uint32_t user = 0) {
    return core.add_pool(DatabaseId(database), UserId(user), settings, now);
  }
  PoolId add(std::uint32_t size, std::uint32_t database = 0, std::uint32_t user = 0) {
    PoolSettings settings;
    settings.size = size;
    return add(settings, database, user);
  }

  WaiterId acquire(PoolId pool, std::uint64_t client, std::uint32_t worker = 0, Duration patience = seconds{120}) {
    actions.clear();
    return core.acquire(
        {.pool = pool, .client = ClientId(client), .worker = WorkerId(worker), .deadline = now + patience}, now,
        actions);
  }
  bool release(ServerId server) {
    actions.clear();
    return core.release(server, now, actions);
  }
  bool connected(ServerId server) {
    actions.clear();
    return core.connected(server, now, actions);
  }
  bool connect_failed(ServerId server) {
    actions.clear();
    const auto failure = std::make_shared<const ConnectFailure>(ConnectFailure{"53300", "too many clients"});
    return core.connect_failed(server, failure, now, actions);
  }
  bool checked(ServerId server) {
    actions.clear();
    return core.checked(server, now, actions);
  }
  bool gone(ServerId server) {
    actions.clear();
    return core.server_gone(server, now, actions);
  }
  void tick() {
    actions.clear();
    core.tick(now, actions);
  }
  void pass(Duration time) {
    now += time;
    tick();
  }

  /// A client without company gets a server, connected if need be.
  ServerId take(PoolId pool, std::uint64_t client, std::uint32_t worker = 0) {
    acquire(pool, client, worker);
    if (actions.gives.empty()) connected(actions.connects.at(0).server);
    return actions.gives.at(0).server;
  }

  /// "close lifetime; connect; give 7; fail 8 queue timeout; paused 0": what the last event led to.
  [[nodiscard]] std::string happened() const {
    std::string text;
    const auto add = [&](const std::string& what) { text += (text.empty() ? "" : "; ") + what; };
    for (const Close& close : actions.closes) add("close: " + std::string(to_string(close.why)));
    for (const Connect& connect : actions.connects)
      add("connect " + std::to_string(connect.pool.value()) + " on " + std::to_string(connect.worker.value()));
    for (const Check& check : actions.checks) add("check on " + std::to_string(check.worker.value()));
    for (const Give& give : actions.gives) {
      add("give to " + std::to_string(give.client.value()));
      if (give.migrate_from) text += " from " + std::to_string(give.migrate_from->value());
      if (give.fresh) text += " fresh";
    }
    for (const Fail& fail : actions.fails)
      add("fail " + std::to_string(fail.client.value()) + ": " + std::string(to_string(fail.why)));
    for (const PoolId pool : actions.paused) add("paused " + std::to_string(pool.value()));
    return text;
  }

  Core core;
  TimePoint now{seconds{1000}};
  Actions actions;
};

}  // namespace lockkeeper::proxy::pool
