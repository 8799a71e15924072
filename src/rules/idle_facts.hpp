// What every finding about sessions idle in a transaction tells of them: copied out of one look, for one group.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/idle_groups.hpp"
#include "rules/story.hpp"

namespace lockkeeper::rules {

struct IdleFacts {
  std::int64_t count = 0;
  std::int64_t wrote = 0;                     ///< sessions whose transaction has an id
  std::int64_t holding = 0;                   ///< sessions that hold any lock
  std::optional<std::int64_t> rows_modified;  ///< the most of one
  bool transaction_locks = false;             ///< somebody holds what ends with a transaction
  model::Duration oldest_idle{};
  model::Duration newest_idle{};
  model::Duration oldest_open{};
  std::optional<std::int64_t> horizon;
  std::vector<model::SessionId> blocked;
  std::vector<model::SessionId> freed;
  std::optional<double> growth;
  std::optional<model::Duration> exhausted_in;
  std::vector<std::uint64_t> clients;              ///< of a recorder, that are behind these sessions
  const model::RecordedClient* longest = nullptr;  ///< behind the longest silent one
  std::int64_t siblings = 0;                       ///< other clients of the same program, at work or at rest
};

/// Sessions a minute; what is slower would be told as 0.0, and is no trend.
inline constexpr double least_growth_told = 0.05;

/// The group's sessions are longest silent first, and not empty.
[[nodiscard]] IdleFacts gather_idle(const Look& look, const IdleGroup& group, const Limits& limits);
[[nodiscard]] model::Evidence idle_evidence(const Look& look, const IdleGroup& group, const IdleFacts& facts);

/// Critical when the group fills the connections, or soon will.
[[nodiscard]] model::Severity idle_severity(const Look& look, const IdleFacts& facts, const Limits& limits);

/// " It ran 3 statements in 5 ms of database time ..." where a recorder saw it; else empty.
[[nodiscard]] std::string tell_idle(const Look& look, const IdleFacts& facts);

/// " 3 sessions wait for a lock behind them." and what they keep from vacuum; empty where nothing is to be said.
[[nodiscard]] std::string idle_costs(const IdleFacts& facts);

/// The remedies: terminate where the server knows the sessions, close the clients of a recorder.
void add_idle_remedies(model::Finding& finding, const Look& look, const IdleFacts& facts);

}  // namespace lockkeeper::rules
