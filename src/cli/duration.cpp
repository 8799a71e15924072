#include "cli/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace lockkeeper::cli {
namespace {

struct Unit {
  std::string_view name;
  std::chrono::milliseconds length;
};

// Longest names first: "ms" before "m", "min" before "m".
constexpr std::array<Unit, 6> units{{{"min", std::chrono::minutes(1)},
                                     {"ms", std::chrono::milliseconds(1)},
                                     {"d", std::chrono::days(1)},
                                     {"h", std::chrono::hours(1)},
                                     {"m", std::chrono::minutes(1)},
                                     {"s", std::chrono::seconds(1)}}};

// Ten years: more is a typing error, and keeps every sum far from overflow.
constexpr model::Duration longest = std::chrono::days(3650);

}  // namespace

std::expected<model::Duration, std::string> parse_duration(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return std::unexpected(fmt::format("\"{}\" {}; write it like 500ms, 10s, 2min, 1h30m or 1d", text, why));
  };
  if (text == "0") return model::Duration::zero();
  if (text.empty()) return wrong("is no duration");
  model::Duration total{};
  for (std::string_view rest = text; !rest.empty();) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error == std::errc::result_out_of_range) return wrong("is too long");
    if (error != std::errc() || number < 0) return wrong("is no duration");
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.empty()) return wrong("has no unit");
    const auto unit =
        std::find_if(units.begin(), units.end(), [&](const Unit& one) { return rest.starts_with(one.name); });
    if (unit == units.end()) return wrong("has an unknown unit");
    rest.remove_prefix(unit->name.size());
    if (number > longest / unit->length) return wrong("is too long");
    total += number * unit->length;
    if (total > longest) return wrong("is too long");
  }
  return total;
}

std::string write_duration(model::Duration duration) {
  auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(duration);
  constexpr std::array<Unit, 5> written{{{"d", std::chrono::days(1)},
                                         {"h", std::chrono::hours(1)},
                                         {"m", std::chrono::minutes(1)},
                                         {"s", std::chrono::seconds(1)},
                                         {"ms", std::chrono::milliseconds(1)}}};
  std::string text;
  for (const auto& unit : written) {
    if (rest / unit.length > 0) text += fmt::format("{}{}", rest / unit.length, unit.name);
    rest %= unit.length;
  }
  return text.empty() ? "0" : text;
}

}  // namespace lockkeeper::cli
