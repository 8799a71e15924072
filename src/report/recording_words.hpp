// The words of the recording's format for the model's kinds, both ways.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "model/recording.hpp"

namespace lockkeeper::report {

template <class Value, std::size_t Count>
using Words = std::array<std::pair<Value, std::string_view>, Count>;

inline constexpr Words<model::ClientState, 5> client_states{
    {{model::ClientState::idle, "idle"},
     {model::ClientState::active, "active"},
     {model::ClientState::idle_in_transaction, "idle_in_transaction"},
     {model::ClientState::aborted_in_transaction, "aborted_in_transaction"},
     {model::ClientState::waiting, "waiting"}}};

inline constexpr Words<model::SessionState, 6> session_states{
    {{model::SessionState::active, "active"},
     {model::SessionState::idle, "idle"},
     {model::SessionState::idle_in_transaction, "idle_in_transaction"},
     {model::SessionState::aborted_in_transaction, "aborted_in_transaction"},
     {model::SessionState::other, "other"},
     {model::SessionState::hidden, "hidden"}}};

inline constexpr Words<model::SessionKind, 4> session_kinds{{{model::SessionKind::client, "client"},
                                                             {model::SessionKind::replication, "replication"},
                                                             {model::SessionKind::autovacuum, "autovacuum"},
                                                             {model::SessionKind::background, "background"}}};

inline constexpr Words<model::TransactionEnd, 5> transaction_ends{{{model::TransactionEnd::committed, "committed"},
                                                                   {model::TransactionEnd::rolled_back, "rolled_back"},
                                                                   {model::TransactionEnd::abandoned, "abandoned"},
                                                                   {model::TransactionEnd::terminated, "terminated"},
                                                                   {model::TransactionEnd::unknown, "unknown"}}};

inline constexpr Words<model::OddityKind, 4> oddities{
    {{model::OddityKind::foreign_commit, "foreign_commit"},
     {model::OddityKind::foreign_rollback, "foreign_rollback"},
     {model::OddityKind::begin_inside_transaction, "begin_inside_transaction"},
     {model::OddityKind::queue_timeout, "queue_timeout"}}};

template <class Value, std::size_t Count>
[[nodiscard]] std::string_view word_of(const Words<Value, Count>& words, Value value) {
  for (const auto& [known, word] : words) {
    if (known == value) return word;
  }
  return "";
}

template <class Value, std::size_t Count>
[[nodiscard]] std::optional<Value> value_of(const Words<Value, Count>& words, std::string_view word) {
  for (const auto& [value, known] : words) {
    if (known == word) return value;
  }
  return std::nullopt;
}

}  // namespace lockkeeper::report
