#include "proxy/pool_simulation.hpp"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

namespace lockkeeper::proxy::pool {

void Simulation::add(const Crowd& crowd) {
  for (std::uint32_t number = 0; number < crowd.clients; ++number) {
    const std::size_t client = clients_.size();
    clients_.push_back({.crowd = crowd,
                        .worker = static_cast<std::uint32_t>(random_() % workers_),
                        .rounds_left = crowd.rounds,
                        .request = 0,
                        .waiter = {},
                        .waiting = false});
    after(spread(crowd.think), [this, client] { ask(client); });
  }
}

void Simulation::run(Duration limit) {
  const TimePoint end = now + limit;
  while (true) {
    const TimePoint timer = timers_.empty() ? TimePoint::max() : timers_.top().at;
    const TimePoint next = std::min(timer, core.next_tick());
    if (timers_.empty() && core.waiter_count() == 0) return;
    if (next > end) return;
    now = std::max(now, next);
    if (core.next_tick() <= now) {
      core.tick(now, actions_);
    } else {
      const std::function<void()> what = timers_.top().what;
      timers_.pop();
      what();
    }
    do_actions();
  }
}

void Simulation::after(Duration time, std::function<void()> what) {
  timers_.push({now + time, ++order_, std::move(what)});
}

Duration Simulation::spread(Duration time) {
  return time / 2 + time * static_cast<std::int64_t>(random_() % 1024) / 1024;
}

void Simulation::ask(std::size_t index) {
  Client& client = clients_[index];
  ++asked;
  const std::uint64_t request = ++client.request;
  client.waiting = true;
  client.waiter = core.acquire({.pool = client.crowd.pool,
                                .client = ClientId(index),
                                .worker = WorkerId(client.worker),
                                .deadline = now + world_.queue_timeout},
                               now, actions_);
  if (client.waiter == WaiterId{} || !one_in_thousand(world_.impatient)) return;
  after(spread(world_.queue_timeout / 10), [this, index, request] {
    Client& impatient = clients_[index];
    if (impatient.request != request || !core.cancel_wait(impatient.waiter, now)) return;
    ++given_up;
    next_round(index);
  });
}

void Simulation::next_round(std::size_t index) {
  Client& client = clients_[index];
  client.waiting = false;
  if (--client.rounds_left == 0) return;
  after(spread(client.crowd.think), [this, index] { ask(index); });
}

void Simulation::do_actions() {
  const Actions todo = std::exchange(actions_, {});
  for (const Connect& connect : todo.connects)
    after(spread(world_.connect), [this, server = connect.server] { end_connect(server); });
  for (const Check& check : todo.checks)
    after(spread(world_.answer), [this, server = check.server] { end_check(server); });
  for (const Give& give : todo.gives) serve(give);
  for (const Fail& fail : todo.fails) {
    ++failed[fail.why];
    longest_wait = std::max(longest_wait, fail.waited);
    next_round(fail.client.value());
  }
  at_once = std::max(at_once, core.server_count());
}

void Simulation::serve(const Give& give) {
  ++given;
  longest_wait = std::max(longest_wait, give.waited);
  const std::size_t client = give.client.value();
  after(spread(clients_[client].crowd.hold), [this, client, server = give.server] { finish_use(server, client); });
}

void Simulation::finish_use(ServerId server, std::size_t client) {
  if (one_in_thousand(world_.deaths)) {
    core.server_gone(server, now, actions_);
  } else {
    core.release(server, now, actions_);
  }
  next_round(client);
}

void Simulation::end_check(ServerId server) {
  if (one_in_thousand(world_.silent)) return;
  if (one_in_thousand(world_.dead)) {
    core.server_gone(server, now, actions_);
  } else {
    core.checked(server, now, actions_);
  }
}

void Simulation::end_connect(ServerId server) {
  if (one_in_thousand(world_.connect_failures)) {
    core.connect_failed(server, std::make_shared<ConnectFailure>(), now, actions_);
  } else {
    core.connected(server, now, actions_);
  }
}

}  // namespace lockkeeper::proxy::pool
