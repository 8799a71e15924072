#include "collect/applog/json_line.hpp"

#include <cmath>

#include <boost/json.hpp>

namespace lockkeeper::collect::applog {
namespace {

namespace json = boost::json;

constexpr std::size_t deepest = 8;
constexpr std::size_t most_lines = 256;

// Seconds, or milliseconds, or finer: what is neither far in the past nor in the future tells which.
std::optional<model::WallTime> time_of_number(double number) {
  for (const double unit : {1e6, 1e3, 1.0, 1e-3}) {
    const double microseconds = number * unit;
    if (microseconds > 9e14 && microseconds < 9e15)  // 1998 to 2255
      return model::WallTime(model::Duration(std::llround(microseconds)));
  }
  return std::nullopt;
}

std::optional<model::WallTime> time_of(const json::object& object, model::WallTime now, const LocalClock& local) {
  for (const std::string_view key : {"@timestamp", "timestamp", "time", "ts", "asctime", "t"}) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr) continue;
    if (const json::string* text = value->if_string()) {
      if (const auto taken = take_time(*text, now, local); taken.at) return taken.at;
    } else if (value->is_number()) {
      return time_of_number(value->to_number<double>());
    }
  }
  return std::nullopt;
}

void add_lines(std::string_view text, std::vector<std::string>& lines) {
  while (!text.empty() && lines.size() < most_lines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void add_texts(const json::object& object, std::vector<std::string>& lines, int depth) {
  for (const std::string_view key : {"message", "msg", "log", "event", "short_message", "MESSAGE"}) {
    const json::value* value = object.if_contains(key);
    if (value != nullptr && value->is_string()) add_lines(value->get_string(), lines);
  }
  for (const std::string_view key : {"stack_trace", "stack", "exc_info", "exception", "full_message", "err", "error"}) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr) continue;
    if (const json::string* text = value->if_string()) {
      add_lines(*text, lines);
    } else if (const json::object* inner = value->if_object(); inner != nullptr && depth > 0) {
      add_texts(*inner, lines, depth - 1);
    }
  }
}

}  // namespace

std::optional<JsonLine> read_json_line(std::string_view line, model::WallTime now, const LocalClock& local) {
  json::parse_options options;
  options.max_depth = deepest;
  options.allow_invalid_utf8 = true;
  json::error_code error;
  const json::value value = json::parse(line, error, {}, options);
  const json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) return std::nullopt;
  JsonLine result;
  result.at = time_of(*object, now, local);
  add_texts(*object, result.lines, 1);
  return result;
}

}  // namespace lockkeeper::collect::applog
