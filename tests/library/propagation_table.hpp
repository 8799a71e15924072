// What every propagation does in every situation: one table for the pure decision and for real pools.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string_view>

#include <lockkeeper/error.hpp>
#include <lockkeeper/transaction.hpp>

#include "client/propagation.hpp"

namespace lockkeeper::testing {

/// What the thread is in when the scope is asked for.
enum class Start {
  nothing,
  active,             // A transaction that writes.
  active_read_only,   // A read-only one, and the new scope is read-only too.
  write_in_readonly,  // The same, and the new scope wants to write.
  rollback_only,
  suspended,  // A scope without transaction inside an active one.
  nested,     // A savepoint's scope inside an active one.
};

[[nodiscard]] constexpr std::string_view to_string(Start start) {
  switch (start) {
    case Start::nothing: return "nothing";
    case Start::active: return "active";
    case Start::active_read_only: return "active_read_only";
    case Start::write_in_readonly: return "write_in_readonly";
    case Start::rollback_only: return "rollback_only";
    case Start::suspended: return "suspended";
    case Start::nested: return "nested";
  }
  return "";
}

/// Connections that the thread holds: before the scope, inside it before anything is run, inside it while a stream is
/// read, and after it.
struct Held {
  std::size_t before, inside, streaming, after;
};

struct PropagationCase {
  Propagation propagation;
  Start start;
  std::optional<client::ScopeAction> action;  ///< Nothing: it is refused.
  ErrorCode error;
  Held held;
};

inline void PrintTo(const PropagationCase& printed, std::ostream* out) {
  *out << lockkeeper::to_string(printed.propagation) << '_' << to_string(printed.start);
}

[[nodiscard]] inline auto propagation_table() {
  using client::ScopeAction;
  constexpr ErrorCode none{};
  constexpr Held from_nothing{0, 1, 1, 0}, on_top{1, 2, 2, 1}, shared{1, 1, 1, 1};
  constexpr Held alone{0, 0, 1, 0}, beside{1, 1, 2, 1}, refused_alone{0, 0, 0, 0}, refused{1, 1, 1, 1};
  using P = Propagation;
  using S = Start;
  const auto begins = [](P p, S s, Held held) { return PropagationCase{p, s, ScopeAction::begin, none, held}; };
  const auto takes_part = [](P p, S s, Held held) { return PropagationCase{p, s, ScopeAction::take_part, none, held}; };
  const auto saves = [](P p, S s, Held held) { return PropagationCase{p, s, ScopeAction::savepoint, none, held}; };
  const auto without = [](P p, S s, Held held) { return PropagationCase{p, s, ScopeAction::without, none, held}; };
  const auto fails = [](P p, S s, ErrorCode code, Held held) { return PropagationCase{p, s, {}, code, held}; };
  return std::array{
      begins(P::required, S::nothing, from_nothing),
      takes_part(P::required, S::active, shared),
      takes_part(P::required, S::active_read_only, shared),
      fails(P::required, S::write_in_readonly, ErrorCode::mismatch, refused),
      takes_part(P::required, S::rollback_only, shared),
      begins(P::required, S::suspended, on_top),
      takes_part(P::required, S::nested, shared),

      begins(P::requires_new, S::nothing, from_nothing),
      begins(P::requires_new, S::active, on_top),
      begins(P::requires_new, S::active_read_only, on_top),
      begins(P::requires_new, S::write_in_readonly, on_top),
      begins(P::requires_new, S::rollback_only, on_top),
      begins(P::requires_new, S::suspended, on_top),
      begins(P::requires_new, S::nested, on_top),

      begins(P::nested, S::nothing, from_nothing),
      saves(P::nested, S::active, shared),
      saves(P::nested, S::active_read_only, shared),
      fails(P::nested, S::write_in_readonly, ErrorCode::mismatch, refused),
      fails(P::nested, S::rollback_only, ErrorCode::rollback_only, refused),
      begins(P::nested, S::suspended, on_top),
      saves(P::nested, S::nested, shared),

      fails(P::mandatory, S::nothing, ErrorCode::propagation, refused_alone),
      takes_part(P::mandatory, S::active, shared),
      takes_part(P::mandatory, S::active_read_only, shared),
      fails(P::mandatory, S::write_in_readonly, ErrorCode::mismatch, refused),
      takes_part(P::mandatory, S::rollback_only, shared),
      fails(P::mandatory, S::suspended, ErrorCode::propagation, refused),
      takes_part(P::mandatory, S::nested, shared),

      without(P::supports, S::nothing, alone),
      takes_part(P::supports, S::active, shared),
      takes_part(P::supports, S::active_read_only, shared),
      fails(P::supports, S::write_in_readonly, ErrorCode::mismatch, refused),
      takes_part(P::supports, S::rollback_only, shared),
      without(P::supports, S::suspended, beside),
      takes_part(P::supports, S::nested, shared),

      without(P::not_supported, S::nothing, alone),
      without(P::not_supported, S::active, beside),
      without(P::not_supported, S::active_read_only, beside),
      without(P::not_supported, S::write_in_readonly, beside),
      without(P::not_supported, S::rollback_only, beside),
      without(P::not_supported, S::suspended, beside),
      without(P::not_supported, S::nested, beside),

      without(P::never, S::nothing, alone),
      fails(P::never, S::active, ErrorCode::propagation, refused),
      fails(P::never, S::active_read_only, ErrorCode::propagation, refused),
      fails(P::never, S::write_in_readonly, ErrorCode::propagation, refused),
      fails(P::never, S::rollback_only, ErrorCode::propagation, refused),
      without(P::never, S::suspended, beside),
      fails(P::never, S::nested, ErrorCode::propagation, refused),
  };
}

}  // namespace lockkeeper::testing
