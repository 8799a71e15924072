// Written by hand: one script for each thing that poolers are known to get wrong.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "proxy/support/script.hpp"

namespace lockkeeper::testing {

struct Case {
  std::string name;  ///< Letters and digits: the name of a test.
  Script script;
};
inline void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

/// Pipelines, errors, COPY, portals, large messages.
[[nodiscard]] std::vector<Case> protocol_cases();
/// Names of prepared statements, in the protocol and in SQL.
[[nodiscard]] std::vector<Case> statement_cases();
/// Prepared statements whose tables change, and whose names are not known yet.
[[nodiscard]] std::vector<Case> name_cases();
/// What belongs to a session and outlives its transactions.
[[nodiscard]] std::vector<Case> session_cases();

/// One step of a case.
[[nodiscard]] inline Step on(std::size_t client, Messages messages, int count = 1, std::string until = "Z") {
  return {.client = client, .messages = std::move(messages), .count = count, .until = std::move(until)};
}
[[nodiscard]] inline Step on(std::size_t client, std::string_view sql) { return on(client, Messages{query(sql)}); }

/// The same, of what takes its time.
[[nodiscard]] inline Step taking_time(Step step) {
  step.busy = std::chrono::seconds(5);
  return step;
}

/// Runs what was prepared under the name.
[[nodiscard]] inline Messages use(std::string_view name) { return {bind_to("", name), execute(), sync()}; }

}  // namespace lockkeeper::testing
