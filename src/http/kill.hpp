// POST .../kill: the order, and how it is carried out.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string_view>

#include "diagnose/conductor.hpp"
#include "http/message.hpp"
#include "report/options.hpp"

namespace lockkeeper::http {

struct KillOrder {
  diagnose::ActionRequest request;
  std::int64_t confirm = 0;  ///< So many targets the dry run had; of no meaning for a dry run.
};

/// 400 where the body is not exactly what docs/http-api.md says: a name that is not known might be a limit that was
/// meant.
[[nodiscard]] std::expected<KillOrder, Response> read_kill(std::string_view body);

using Act = std::function<model::ActionReport(const diagnose::ActionRequest&)>;

/// Counts the targets once more before it acts: 409 where they are not as many as were confirmed.
[[nodiscard]] Response carry_out(const KillOrder& order, const Act& act, const report::Options& options);

}  // namespace lockkeeper::http
