#include <fmt/format.h>

#include <cstdio>

#include <lockkeeper/event_listener.hpp>

#include "base/mutex.hpp"

namespace lockkeeper {

std::string_view to_string(EventKind kind) noexcept {
  switch (kind) {
    case EventKind::connected: return "connected";
    case EventKind::connect_failed: return "connect_failed";
    case EventKind::disconnected: return "disconnected";
    case EventKind::nested_acquire: return "nested_acquire";
    case EventKind::leak: return "leak";
    case EventKind::leak_ended: return "leak_ended";
    case EventKind::dirty_return: return "dirty_return";
    case EventKind::acquire_timeout: return "acquire_timeout";
    case EventKind::deadlock: return "deadlock";
    case EventKind::reclaimed: return "reclaimed";
    case EventKind::transaction_timeout: return "transaction_timeout";
    case EventKind::abandoned_transaction: return "abandoned_transaction";
    case EventKind::rollback_failed: return "rollback_failed";
    case EventKind::unknown_commit: return "unknown_commit";
    case EventKind::retry: return "retry";
    case EventKind::callback_failed: return "callback_failed";
    case EventKind::outbox_dead_letter: return "outbox_dead_letter";
  }
  return "unknown";
}

std::string_view to_string(LeaseEnd end) noexcept {
  switch (end) {
    case LeaseEnd::held: return "held";
    case LeaseEnd::returned: return "returned";
    case LeaseEnd::reclaimed: return "reclaimed";
    case LeaseEnd::evicted: return "evicted after return";
    case LeaseEnd::connection_lost: return "connection lost";
    case LeaseEnd::discarded: return "discarded";
    case LeaseEnd::pool_closed: return "pool closed";
  }
  return "unknown";
}

namespace {

class StandardError : public EventListener {
 public:
  void on_event(const Event& event) noexcept override {
    switch (event.kind) {
      case EventKind::connected:
      case EventKind::disconnected:
      case EventKind::leak_ended:
      case EventKind::retry: return;
      default: break;
    }
    const base::Guard guard(mutex_);
    std::fprintf(stderr, "lockkeeper: %s: %s\n", to_string(event.kind).data(), event.message.c_str());
  }

 private:
  base::Mutex mutex_;
};

}  // namespace

EventListener& default_listener() noexcept {
  static StandardError listener;
  return listener;
}

}  // namespace lockkeeper
