// Reads a message along what its library always says, and what it fills in.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/utf8.hpp"
#include "model/time.hpp"

namespace lockkeeper::collect::applog {

/// Names come from a log: what is longer than this is none.
inline constexpr std::size_t longest_name = 128;

/// Reads a message from its beginning on; what is not as it should be makes it fail for good.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  Words& word(std::string_view expected) {
    if (rest_.starts_with(expected)) {
      rest_.remove_prefix(expected.size());
    } else {
      good_ = false;
    }
    return *this;
  }
  Words& maybe(std::string_view expected) {
    if (rest_.starts_with(expected)) rest_.remove_prefix(expected.size());
    return *this;
  }
  Words& count(std::optional<std::int64_t>& into) {
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || value < 0 || value > 1'000'000) {
      good_ = false;
      return *this;
    }
    rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
    into = value;
    return *this;
  }
  // A time in units of so many microseconds each.
  Words& duration(std::optional<model::Duration>& into, double unit) {
    double value = 0;
    const auto [stop, error] =
        std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, std::chars_format::fixed);
    if (error != std::errc() || !(value >= 0) || value * unit > 1e12) {  // 1e12: eleven days
      good_ = false;
      return *this;
    }
    rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
    into = model::Duration(std::llround(value * unit));
    return *this;
  }
  // Up to the word, which is taken too.
  Words& until(std::string_view word, std::string& into) {
    const std::size_t end = rest_.substr(0, longest_name + word.size()).find(word);
    if (end == std::string_view::npos) {
      good_ = false;
      return *this;
    }
    into = base::printable(rest_.substr(0, end));
    rest_.remove_prefix(end + word.size());
    return *this;
  }
  // "(... at: https://...)" and the like, to its closing parenthesis.
  Words& maybe_remark(std::string_view opening) {
    if (!rest_.starts_with(opening)) return *this;
    const std::size_t end = rest_.find(')');
    if (end == std::string_view::npos) {
      good_ = false;
    } else {
      rest_.remove_prefix(end + 1);
    }
    return *this;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  // Nothing is left, but for what closes a quotation or colours a terminal, or an object's opening brace.
  [[nodiscard]] bool at_end() const {
    if (!good_) return false;
    std::string_view rest = rest_;
    if (rest.starts_with("\x1B[")) rest = rest.substr(std::min(rest.find('m'), rest.size() - 1) + 1);
    while (!rest.empty() && std::string_view(" \t\"'").contains(rest.back())) rest.remove_suffix(1);
    return rest.empty() || rest == "{" || rest == " {";
  }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace lockkeeper::collect::applog
