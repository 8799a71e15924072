// Parameters in the form that libpq takes: text, but for bytes, which go as they are.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/parameter.hpp>

namespace lockkeeper::client {

/// A point in time as PostgreSQL writes it in ISO style: `2026-11-22 09:30:00.000001+00`, before year 1 with ` BC`.
void append_time(std::string& text, TimePoint time);

/// The shortest text that reads back as the same double; `NaN`, `Infinity` and `-Infinity`.
void append_double(std::string& text, double value);

/// One statement's parameters, all their texts in one buffer, which is used again for the next statement.
class BoundParameters {
 public:
  BoundParameters() = default;
  BoundParameters(const BoundParameters&) = delete;
  BoundParameters& operator=(const BoundParameters&) = delete;

  /// Bytes are not copied: they must live until libpq has taken the statement.
  void bind(std::span<const Parameter> parameters);

  [[nodiscard]] int count() const noexcept { return static_cast<int>(values_.size()); }
  [[nodiscard]] const char* const* values() const noexcept { return values_.data(); }
  [[nodiscard]] const int* lengths() const noexcept { return lengths_.data(); }
  [[nodiscard]] const int* formats() const noexcept { return formats_.data(); }

  /// The text that a parameter went as; nothing for NULL and bytes. Index from 0.
  [[nodiscard]] std::optional<std::string_view> text(std::size_t index) const;

 private:
  void append(const Parameter& parameter);

  std::string buffer_;  // Texts, each with the zero byte that libpq wants at its end.
  std::vector<const char*> values_;
  std::vector<int> lengths_;  // Of bytes; libpq does not look at those of texts.
  std::vector<int> formats_;  // 0: text, 1: binary.
};

}  // namespace lockkeeper::client
