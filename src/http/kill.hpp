// POST .../kill: the order, and how it is carried out.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "diagnose/conductor.hpp"
#include "http/message.hpp"
#include "report/options.hpp"

namespace lockkeeper::http {

/// A target as a dry run showed it.
struct ShownTarget {
  model::SessionId session;
  std::optional<model::WallTime> transaction_started_at;
  std::optional<model::WallTime> state_changed_at;
};

struct KillOrder {
  diagnose::ActionRequest request;
  /// How many targets the dry run had, or which: of no meaning for a dry run.
  std::variant<std::int64_t, std::vector<ShownTarget>> confirm = std::int64_t{0};
};

/// 400 where the body is not exactly what docs/http-api.md says: a name that is not known might be a limit that was
/// meant.
[[nodiscard]] std::expected<KillOrder, Response> read_kill(std::string_view body);

using Act = std::function<model::ActionReport(const diagnose::ActionRequest&)>;

/// Looks once more before it acts: 409 where the targets are not as many as were confirmed, or none of them is as it
/// was shown. It acts on none that came since.
[[nodiscard]] Response carry_out(const KillOrder& order, const Act& act, const report::Options& options);

}  // namespace lockkeeper::http
