// What all JSON writers share: the conventions of docs/api.md, value by value. Included by .cpp files alone.
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/diagnosis.hpp"
#include "report/options.hpp"

namespace lockkeeper::report::values {

/// Mended with U+FFFD where it is not UTF-8.
[[nodiscard]] boost::json::string text(std::string_view bytes);
[[nodiscard]] boost::json::array texts(const std::vector<std::string>& list);

[[nodiscard]] boost::json::value time(model::WallTime at);
[[nodiscard]] boost::json::value maybe_time(const std::optional<model::WallTime>& at);

/// Whole ones: Boost.JSON writes 90000.0 as 9E4, which is hard on eyes and on grep.
[[nodiscard]] std::int64_t milliseconds(model::Duration duration);

template <class Value>
[[nodiscard]] boost::json::value maybe(const std::optional<Value>& value) {
  return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

/// {"pid", "started_at"}
[[nodiscard]] boost::json::object identity(const model::SessionId& id);
[[nodiscard]] boost::json::array identities(const std::vector<model::SessionId>& ids);

[[nodiscard]] boost::json::array held_locks(const std::vector<model::HeldLock>& locks);
[[nodiscard]] boost::json::array statement_lines(const std::vector<model::StatementLine>& lines);
[[nodiscard]] boost::json::value server(const std::optional<model::Server>& server);
[[nodiscard]] boost::json::object counts(const model::SessionCounts& counts);
[[nodiscard]] boost::json::object session(const model::Session& session);
[[nodiscard]] boost::json::object finding(const model::Finding& finding, const std::string& url,
                                          const Options& options);
[[nodiscard]] boost::json::value failure(const std::optional<model::LookFailure>& failure);

}  // namespace lockkeeper::report::values
