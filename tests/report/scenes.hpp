// Diagnoses and action reports to show: what the real rules say about made-up snapshots.
#pragma once

#include <string>

#include "model/diagnosis.hpp"
#include "report/options.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::test {

inline constexpr const char* shop_url = "postgresql://monitor@db.example/shop";

/// What one look at the scene gives.
[[nodiscard]] model::Diagnosis diagnose(const Scene& scene);

/// Seventy webhooks that each left a transaction open after a read.
[[nodiscard]] Scene leaking_webhooks();

/// A publisher that sleeps in its transaction, and a queue of thirteen behind it.
[[nodiscard]] Scene sleeping_publisher();

/// The publisher's kill, planned or carried out.
[[nodiscard]] model::ActionReport planned_kill();
[[nodiscard]] model::ActionReport acted_kill();

/// The usual options but for one.
[[nodiscard]] report::Options with_width(std::size_t width);
[[nodiscard]] report::Options in_colour();
[[nodiscard]] report::Options with_arguments(std::string arguments);

}  // namespace lockkeeper::test
