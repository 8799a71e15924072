#include "client/propagation.hpp"

#include <fmt/format.h>

namespace lockkeeper::client {
namespace {

std::unexpected<Error> refuse(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, "", std::move(message), Blast::statement});
}

std::expected<void, Error> check(const TransactionOptions& wanted, const Surroundings& at) {
  using std::chrono::milliseconds;
  if (wanted.timeout < milliseconds{0}) {
    return refuse(ErrorCode::misuse, fmt::format("the transaction at {} asks for a timeout of {} ms: 0 is none",
                                                 to_text(at.here), wanted.timeout.count()));
  }
  if (wanted.retry.attempts == 0) {
    return refuse(
        ErrorCode::misuse,
        fmt::format("the transaction at {} may be attempted 0 times: 1 is once, without retry", to_text(at.here)));
  }
  if (wanted.retry.first_pause < milliseconds{0} || wanted.retry.longest_pause < milliseconds{0} ||
      wanted.retry.budget < milliseconds{0}) {
    return refuse(ErrorCode::misuse,
                  fmt::format("the retry policy of the transaction at {} has a negative time", to_text(at.here)));
  }
  return {};
}

// Whether the propagation has the new scope share the current transaction.
bool joins(Propagation propagation) {
  switch (propagation) {
    case Propagation::required:
    case Propagation::nested:
    case Propagation::mandatory:
    case Propagation::supports: return true;
    case Propagation::requires_new:
    case Propagation::not_supported:
    case Propagation::never: return false;
  }
  return false;
}

std::expected<void, Error> agree_on_isolation(const TransactionOptions& wanted, const CurrentTransaction& current,
                                              const Surroundings& at) {
  if (!wanted.isolation || wanted.isolation == current.isolation) return {};
  const std::string has = current.isolation ? fmt::format("was begun with {}", to_string(*current.isolation))
                                            : std::string("was begun with the database's default");
  return refuse(ErrorCode::mismatch,
                fmt::format("the scope at {} asks for isolation {}, but the transaction it would take part in ({}) {}. "
                            "Ask for the level where that one begins, or give this scope a transaction of its own "
                            "(requires_new)",
                            to_text(at.here), to_string(*wanted.isolation), to_text(current.site), has));
}

std::expected<void, Error> agree_on_time(const TransactionOptions& wanted, const CurrentTransaction& current,
                                         const Surroundings& at) {
  if (wanted.timeout.count() == 0 || (current.time_left && *current.time_left <= wanted.timeout)) return {};
  const std::string has =
      current.time_left ? fmt::format("has {} ms left", current.time_left->count()) : std::string("has no timeout");
  return refuse(ErrorCode::mismatch,
                fmt::format("the scope at {} asks for a timeout of {} ms, but the transaction it would take part in "
                            "({}) {}: a part cannot be timed apart from the whole. Set the timeout where that one "
                            "begins, or give this scope a transaction of its own (requires_new)",
                            to_text(at.here), wanted.timeout.count(), to_text(current.site), has));
}

std::expected<void, Error> agree_on_access(const TransactionOptions& wanted, const CurrentTransaction& current,
                                           const Surroundings& at) {
  if (!wanted.read_only && current.read_only) {
    return refuse(ErrorCode::mismatch,
                  fmt::format("the scope at {} may write, but the transaction it would take part in ({}) is read-only. "
                              "Declare this scope read_only, or begin that transaction without it",
                              to_text(at.here), to_text(current.site)));
  }
  if (wanted.deferrable && !current.deferrable) {
    return refuse(ErrorCode::mismatch,
                  fmt::format("the scope at {} asks to be deferrable, but the transaction it would take part in ({}) "
                              "was not begun so",
                              to_text(at.here), to_text(current.site)));
  }
  return {};
}

std::expected<ScopeAction, Error> join(const TransactionOptions& wanted, const Surroundings& at) {
  const CurrentTransaction& current = *at.current;
  if (wanted.durable) {
    return refuse(
        ErrorCode::propagation,
        fmt::format("the scope at {} is durable: what it returned must be committed, but it was called inside "
                    "the transaction begun at {}, which may still roll back. Call it outside",
                    to_text(at.here), to_text(current.site)));
  }
  for (const auto agree : {agree_on_isolation, agree_on_access, agree_on_time}) {
    if (auto agreed = agree(wanted, current, at); !agreed) return std::unexpected(std::move(agreed.error()));
  }
  if (wanted.propagation != Propagation::nested) return ScopeAction::take_part;
  if (!current.doomed.empty()) {
    return refuse(
        ErrorCode::rollback_only,
        fmt::format("the scope at {} asks for a savepoint, but the transaction begun at {} can only be rolled back: {}",
                    to_text(at.here), to_text(current.site), current.doomed));
  }
  return ScopeAction::savepoint;
}

std::expected<ScopeAction, Error> run_without(const TransactionOptions& wanted, const Surroundings& at) {
  std::string_view asked;
  if (wanted.isolation) asked = "an isolation level";
  if (wanted.timeout.count() != 0) asked = "a timeout";
  if (wanted.deferrable) asked = "to be deferrable";
  if (asked.empty()) return ScopeAction::without;
  return refuse(ErrorCode::mismatch,
                fmt::format("the scope at {} runs without a transaction ({}), and asks for {}, which only a "
                            "transaction has",
                            to_text(at.here), to_string(wanted.propagation), asked));
}

std::expected<ScopeAction, Error> alone(const TransactionOptions& wanted, const Surroundings& at) {
  switch (wanted.propagation) {
    case Propagation::required:
    case Propagation::requires_new:
    case Propagation::nested: return ScopeAction::begin;
    case Propagation::supports:
    case Propagation::not_supported:
    case Propagation::never: return run_without(wanted, at);
    case Propagation::mandatory: break;
  }
  const std::string suspended =
      at.suspended ? fmt::format(" (the one begun at {} is suspended here)", to_text(*at.suspended)) : "";
  return refuse(ErrorCode::propagation,
                fmt::format("the scope at {} has to be called inside a transaction (mandatory), and this thread has "
                            "none on this database{}",
                            to_text(at.here), suspended));
}

}  // namespace

std::expected<ScopeAction, Error> decide(const TransactionOptions& wanted, const Surroundings& surroundings) {
  if (auto checked = check(wanted, surroundings); !checked) return std::unexpected(std::move(checked.error()));
  if (!surroundings.current) return alone(wanted, surroundings);
  if (joins(wanted.propagation)) return join(wanted, surroundings);
  switch (wanted.propagation) {
    case Propagation::requires_new: return ScopeAction::begin;
    case Propagation::not_supported: return run_without(wanted, surroundings);
    default: break;
  }
  return refuse(ErrorCode::propagation,
                fmt::format("the scope at {} must not be called inside a transaction (never), and this thread is in "
                            "the one begun at {}",
                            to_text(surroundings.here), to_text(surroundings.current->site)));
}

std::expected<void, Error> decide_begin(const TransactionOptions& wanted, const Surroundings& surroundings) {
  if (auto checked = check(wanted, surroundings); !checked) return checked;
  const bool own = wanted.propagation == Propagation::requires_new;
  if (!own && wanted.propagation != Propagation::required) {
    return refuse(ErrorCode::misuse,
                  fmt::format("begin at {} asks for propagation {}: begin always begins; the others are for transact",
                              to_text(surroundings.here), to_string(wanted.propagation)));
  }
  if (wanted.retry.attempts > 1) {
    return refuse(ErrorCode::misuse, fmt::format("begin at {} asks for retries: only transact can run a function again",
                                                 to_text(surroundings.here)));
  }
  if (own || !surroundings.current) return {};
  return refuse(ErrorCode::propagation,
                fmt::format("begin at {} would begin a transaction inside the one begun at {}. Use transact to take "
                            "part in it, or ask for a second one, on a second connection, with requires_new",
                            to_text(surroundings.here), to_text(surroundings.current->site)));
}

}  // namespace lockkeeper::client
