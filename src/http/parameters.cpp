#include "http/parameters.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <utility>

namespace lockkeeper::http {

Response bad_request(std::string message, std::string advice) {
  return error_response(400, "bad_request", std::move(message), std::move(advice));
}

std::expected<model::WallTime, Response> time_parameter(const Target& target, std::string_view name,
                                                        model::WallTime otherwise) {
  const auto given = target.query.find(name);
  if (given == target.query.end()) return otherwise;
  const auto time = model::parse_time(given->second);
  if (time) return *time;
  return std::unexpected(bad_request(fmt::format("{} is no time", name),
                                     "Give it as 2026-11-22T05:02:22.5Z; a + of an offset is written %2B."));
}

std::expected<std::int64_t, Response> count_parameter(const Target& target, std::string_view name,
                                                      std::int64_t otherwise, std::int64_t most) {
  const auto given = target.query.find(name);
  if (given == target.query.end()) return otherwise;
  const std::string& text = given->second;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size() && count >= 1 && count <= most) return count;
  return std::unexpected(bad_request(fmt::format("{} is no number from 1 to {}", name, most), "Give one, or none."));
}

std::optional<std::string> login_token(std::string_view body) {
  boost::system::error_code error;
  const auto value = boost::json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  const auto* token = value.get_object().if_contains("token");
  if (token == nullptr || !token->is_string()) return std::nullopt;
  return std::string(token->get_string());
}

}  // namespace lockkeeper::http
