#include "report/json_fields.hpp"

#include <charconv>
#include <cmath>

namespace lockkeeper::report {
namespace {

// Three hundred years: sums of a few such durations, and times plus them, still fit their types.
constexpr double longest_ms = 1e13;

}  // namespace

std::string Fields::where(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

const boost::json::value* Fields::find(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  if (value == nullptr) tell(name, "is missing");
  return value;
}

bool Fields::has(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  return value != nullptr && !value->is_null();
}

std::string Fields::text(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return "";
  if (const auto* string = value->if_string()) return std::string(string->data(), string->size());
  tell(name, "is not a string");
  return "";
}

bool Fields::boolean(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return false;
  if (const auto* boolean = value->if_bool()) return *boolean;
  tell(name, "is neither true nor false");
  return false;
}

std::int64_t Fields::integer(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return 0;
  if (const auto* integer = value->if_int64()) return *integer;
  tell(name, "is not a whole number of 63 bits");
  return 0;
}

std::uint64_t Fields::count(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return 0;
  if (const auto* large = value->if_uint64()) return *large;
  if (const auto* integer = value->if_int64(); integer != nullptr && *integer >= 0)
    return static_cast<std::uint64_t>(*integer);
  tell(name, "is not a whole number from 0 on");
  return 0;
}

model::WallTime Fields::time(std::string_view name) const {
  const std::string written = text(name);
  const auto parsed = model::parse_time(written);
  if (!parsed) tell(name, "is not a time of RFC 3339: \"" + written + "\"");
  return parsed.value_or(model::WallTime{});
}

model::Duration Fields::duration(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return {};
  double milliseconds = 0;
  if (const auto* integer = value->if_int64()) {
    milliseconds = static_cast<double>(*integer);
  } else if (const auto* fraction = value->if_double()) {
    milliseconds = *fraction;
  } else {
    tell(name, "is not a number");
    return {};
  }
  if (!(std::abs(milliseconds) <= longest_ms)) {
    tell(name, "is out of range");
    return {};
  }
  return model::Duration(std::llround(milliseconds * 1000));
}

std::uint64_t Fields::hexadecimal(std::string_view name) const {
  const std::string digits = text(name);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (digits.size() != 16 || error != std::errc() || end != digits.data() + digits.size())
    tell(name, "is not 16 hexadecimal digits");
  return number;
}

const boost::json::array* Fields::array(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (const auto* list = value->if_array()) return list;
  tell(name, "is not an array");
  return nullptr;
}

std::vector<std::string> Fields::texts(std::string_view name) const {
  std::vector<std::string> result;
  const auto* list = array(name);
  if (list == nullptr) return result;
  for (const auto& entry : *list) {
    if (const auto* string = entry.if_string()) {
      result.emplace_back(string->data(), string->size());
    } else {
      tell(name, "holds what is not a string");
    }
  }
  return result;
}

std::optional<model::WallTime> Fields::maybe_time(std::string_view name) const {
  return has(name) ? std::optional(time(name)) : std::nullopt;
}

std::optional<std::int64_t> Fields::maybe_integer(std::string_view name) const {
  return has(name) ? std::optional(integer(name)) : std::nullopt;
}

Fields Fields::object(std::string_view name) const {
  static const boost::json::object nothing;
  const auto* value = find(name);
  const auto* object = value == nullptr ? nullptr : value->if_object();
  if (value != nullptr && object == nullptr) tell(name, "is not an object");
  return {object == nullptr ? nothing : *object, problem_, where(name)};
}

}  // namespace lockkeeper::report
