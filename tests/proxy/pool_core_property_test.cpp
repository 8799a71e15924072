// Any sequence of events, against a naive model of the pools.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <vector>

#include "proxy/pool/core.hpp"
#include "proxy/pool_model.hpp"

namespace lockkeeper::proxy::pool {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t pool_count = 4;

enum class Kind {
  acquire,
  acquire_again,
  cancel,
  release,
  release_stale,
  connected,
  connect_failed,
  checked,
  gone,
  close_when_released,
  time,
  pause,
  resume,
  reconnect,
  resize,
  database_limit,
  user_limit,
  global_limit,
};

struct Event {
  Kind kind{};
  std::uint32_t which = 0;
  std::uint32_t much = 0;
};

void showValue(const Event& event, std::ostream& out) {
  out << "{" << static_cast<int>(event.kind) << ", " << event.which << ", " << event.much << "}";
}

rc::Gen<Event> events() {
  const auto kinds = rc::gen::weightedElement<Kind>({{30, Kind::acquire},
                                                     {2, Kind::acquire_again},
                                                     {4, Kind::cancel},
                                                     {24, Kind::release},
                                                     {1, Kind::release_stale},
                                                     {18, Kind::connected},
                                                     {4, Kind::connect_failed},
                                                     {8, Kind::checked},
                                                     {4, Kind::gone},
                                                     {2, Kind::close_when_released},
                                                     {10, Kind::time},
                                                     {1, Kind::pause},
                                                     {3, Kind::resume},
                                                     {1, Kind::reconnect},
                                                     {2, Kind::resize},
                                                     {1, Kind::database_limit},
                                                     {1, Kind::user_limit},
                                                     {1, Kind::global_limit}});
  return rc::gen::construct<Event>(kinds, rc::gen::inRange<std::uint32_t>(0, 1000),
                                   rc::gen::inRange<std::uint32_t>(0, 100));
}

// Plays events on a core and tells the model.
class Play {
 public:
  explicit Play(std::uint64_t seed, bool pass_through) : core_(3, seed), model_(core_) {
    for (std::uint32_t at = 0; at < pool_count; ++at) {
      PoolSettings settings;
      settings.size = 1 + at;
      settings.min_size = at == 2 ? 1 : 0;
      settings.max_waiters = 6;
      settings.server_lifetime = milliseconds{500};
      settings.server_idle_timeout = milliseconds{100};
      settings.server_login_retry = milliseconds{50};
      settings.server_check_after = milliseconds{at == 1 ? 0 : 20};
      settings.check_timeout = milliseconds{at == 2 ? 3000 : 60};  // The long one is slow before it is over.
      settings.pass_through = pass_through && at == 3;
      const PoolId id = core_.add_pool(DatabaseId(at / 2), UserId(at % 2), settings, now_);
      model_.add(id, DatabaseId(at / 2), UserId(at % 2));
    }
  }

  void step(const Event& event) {
    actions_.clear();
    play(event);
    model_.apply(actions_, now_);
    model_.check(now_);
  }

  // Everybody goes home: nothing may be left.
  void finish() {
    model_.draining = true;
    actions_.clear();
    core_.drain(now_, actions_);
    model_.apply(actions_, now_);
    model_.check(now_);
    while (!model_.servers.empty()) {
      const ServerId server = model_.servers.begin()->first;
      actions_.clear();
      const bool connecting = model_.servers.begin()->second.state == ServerState::connecting;
      model_.freed(server);
      if (connecting) {
        core_.connected(server, now_, actions_);
      } else {
        core_.release(server, now_, actions_);
      }
      const std::size_t before = model_.servers.size();
      model_.apply(actions_, now_);
      if (model_.servers.size() == before) model_.faults.emplace_back("keeps a server while draining");
      if (!model_.faults.empty()) return;
    }
    if (core_.server_count() != 0) model_.faults.emplace_back("servers are left");
    if (model_.answers + cancelled_ != asked_) model_.faults.emplace_back("not one answer each");
  }

  [[nodiscard]] const std::vector<std::string>& faults() const { return model_.faults; }

 private:
  void play(const Event& event) {
    switch (event.kind) {
      case Kind::acquire:
      case Kind::acquire_again: return acquire(event);
      case Kind::cancel: return cancel(event);
      case Kind::release:
      case Kind::connected:
      case Kind::connect_failed:
      case Kind::checked:
      case Kind::gone:
      case Kind::close_when_released: return server_event(event);
      case Kind::release_stale:
        if (core_.release(stale_, now_, actions_)) model_.faults.emplace_back("a stale id was recognised");
        return;
      case Kind::time: return time(event);
      default: return control(event);
    }
  }

  void acquire(const Event& event) {
    const AcquireRequest request{.pool = PoolId(event.which % pool_count),
                                 .client = ClientId(++asked_),
                                 .worker = WorkerId(event.much % 3),
                                 .deadline = now_ + milliseconds{event.much},
                                 .again = event.kind == Kind::acquire_again};
    const WaiterId waiter = core_.acquire(request, now_, actions_);
    model_.queue(request, waiter);
    for (const Give& give : actions_.gives) {
      const bool own = give.client == request.client;
      if (own != (waiter == WaiterId{}) || give.waiter != WaiterId{})
        model_.faults.emplace_back("answers somebody else, or a waiter, when asked");
    }
    if (waiter != WaiterId{}) last_waiters_.push_back(waiter);
  }

  void cancel(const Event& event) {
    if (last_waiters_.empty()) return;
    const WaiterId waiter = last_waiters_[event.which % last_waiters_.size()];
    if (core_.cancel_wait(waiter, now_)) {
      ++cancelled_;
      model_.cancel(waiter);
    }
  }

  // A server in the state that the event is about, if there is one; for `gone` any.
  [[nodiscard]] ServerId choose(const Event& event) const {
    std::vector<ServerId> fitting;
    for (const auto& [id, held] : model_.servers) {
      const bool connecting = event.kind == Kind::connected || event.kind == Kind::connect_failed;
      if (event.kind == Kind::checked) {
        if (held.checking) fitting.push_back(id);
        continue;
      }
      const bool fits = event.kind == Kind::gone || event.kind == Kind::close_when_released ||
                        held.state == (connecting ? ServerState::connecting : ServerState::in_use);
      if (fits) fitting.push_back(id);
    }
    return fitting.empty() ? ServerId{} : fitting[event.which % fitting.size()];
  }

  void server_event(const Event& event) {
    const ServerId server = choose(event);
    if (server == ServerId{}) return;
    const PoolId pool = model_.servers.at(server).pool;
    switch (event.kind) {
      case Kind::release:
        model_.freed(server);
        core_.release(server, now_, actions_);
        break;
      case Kind::connected:
        model_.freed(server);
        model_.pools.at(pool).retry_at = TimePoint::min();
        core_.connected(server, now_, actions_);
        break;
      case Kind::connect_failed:
        model_.gone(server);
        model_.pools.at(pool).retry_at = now_ + core_.settings(pool).server_login_retry;
        core_.connect_failed(server, std::make_shared<ConnectFailure>(), now_, actions_);
        stale_ = server;
        break;
      case Kind::checked:
        model_.freed(server);
        if (!core_.checked(server, now_, actions_)) model_.faults.emplace_back("does not know what it checks");
        break;
      case Kind::gone:
        model_.gone(server);
        core_.server_gone(server, now_, actions_);
        stale_ = server;
        break;
      default: core_.close_when_released(server, now_, actions_); break;
    }
  }

  void time(const Event& event) {
    now_ += milliseconds{event.much};
    core_.tick(now_, actions_);
    if (core_.next_tick() <= now_) model_.faults.emplace_back("a tick is due after a tick");
  }

  void control(const Event& event) {
    const PoolId pool(event.which % pool_count);
    const std::uint32_t limit = event.much % 6;
    switch (event.kind) {
      case Kind::pause: model_.pools.at(pool).paused = true; return core_.pause(pool, now_, actions_);
      case Kind::resume:
        model_.pools.at(pool).paused = false;
        model_.pools.at(pool).retry_at = TimePoint::min();
        return core_.resume(pool, now_, actions_);
      case Kind::reconnect:
        model_.pools.at(pool).retry_at = TimePoint::min();
        return core_.reconnect(pool, now_, actions_);
      case Kind::resize: {
        PoolSettings settings = core_.settings(pool);
        settings.size = 1 + limit;
        return core_.set_settings(pool, settings, now_, actions_);
      }
      case Kind::database_limit:
        model_.database_limits[DatabaseId(event.which % 2)] = limit;
        return core_.set_database_limit(DatabaseId(event.which % 2), limit, now_, actions_);
      case Kind::user_limit:
        model_.user_limits[UserId(event.which % 2)] = limit;
        return core_.set_user_limit(UserId(event.which % 2), limit, now_, actions_);
      default: model_.global_limit = limit; return core_.set_global_limit(limit, now_, actions_);
    }
  }

  Core core_;
  PoolModel model_;
  TimePoint now_{std::chrono::hours{1}};
  Actions actions_;
  std::uint64_t asked_ = 0;
  std::uint64_t cancelled_ = 0;
  ServerId stale_;
  std::vector<WaiterId> last_waiters_;
};

void play_all(bool pass_through) {
  const auto sequence = *rc::gen::scale(4.0, rc::gen::container<std::vector<Event>>(events()));
  Play play(*rc::gen::arbitrary<std::uint64_t>(), pass_through);
  for (std::size_t at = 0; at < sequence.size() && play.faults().empty(); ++at) {
    play.step(sequence[at]);
    RC_LOG() << at << " ";
  }
  if (play.faults().empty()) play.finish();
  for (const std::string& fault : play.faults()) RC_LOG() << "\nthe core " << fault;
  RC_ASSERT(play.faults().empty());
}

RC_GTEST_PROP(ProxyPoolProperties, EverySequenceIsAsTheModelSays, ()) { play_all(false); }

RC_GTEST_PROP(ProxyPoolProperties, PlacesOfAPassThroughPoolToo, ()) { play_all(true); }

}  // namespace
}  // namespace lockkeeper::proxy::pool
