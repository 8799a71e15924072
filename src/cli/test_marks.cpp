#include "cli/test_marks.hpp"

#include <charconv>
#include <cmath>
#include <string>

namespace lockkeeper::cli {
namespace {

// Until the year 2100: whoever counts in milliseconds is beyond.
constexpr double latest_second = 4'102'444'800;

std::string_view next_word(std::string_view& line) {
  const auto end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return word;
}

template <class Number>
std::optional<Number> number(std::string_view word) {
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<model::TestMark> parse_mark(std::string_view line) {
  if (line.size() > longest_mark) return std::nullopt;
  const std::string_view word = next_word(line);
  const auto seconds = number<double>(next_word(line));
  const auto process = number<std::int64_t>(next_word(line));
  if ((word != "begins" && word != "ends") || !seconds || !process || *process <= 0 || line.empty())
    return std::nullopt;
  if (!std::isfinite(*seconds) || *seconds < 0 || *seconds > latest_second) return std::nullopt;
  const auto since = std::chrono::floor<model::Duration>(std::chrono::duration<double>(*seconds));
  return model::TestMark{model::WallTime(since), word == "begins", std::string(line), *process};
}

TestMarks read_marks(std::istream& in) {
  TestMarks read;
  std::string line;
  while (read.marks.size() < most_marks && std::getline(in, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    if (auto mark = parse_mark(line)) {
      read.marks.push_back(*std::move(mark));
    } else {
      ++read.unreadable;
    }
  }
  return read;
}

}  // namespace lockkeeper::cli
