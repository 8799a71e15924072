#include "collect/cells.hpp"

#include <fmt/format.h>

#include <charconv>

#include <lockkeeper/error.hpp>

namespace lockkeeper::collect {

void surprised(std::string_view wanted, std::string_view got) {
  throw Failure({ErrorCode::protocol, "",
                 fmt::format("the server's views gave \"{}\" where {} was expected", got, wanted), Blast::connection});
}

std::int64_t to_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) surprised("a number", text);
  return value;
}

std::optional<std::string> Cells::maybe_text() {
  const auto cell = view();
  return cell ? std::optional<std::string>(*cell) : std::nullopt;
}

std::optional<std::int64_t> Cells::maybe_integer() {
  const auto cell = view();
  return cell ? std::optional(to_integer(*cell)) : std::nullopt;
}

std::optional<model::WallTime> Cells::maybe_time(std::string_view assumed_offset) {
  const auto cell = view();
  if (!cell) return std::nullopt;
  const auto time = model::parse_time(std::string(*cell).append(assumed_offset));
  if (!time) surprised("a time", *cell);
  return time;
}

}  // namespace lockkeeper::collect
