// Reading SCRAM's messages: "name=value" parts with commas between, names of one letter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lockkeeper::proxy {

class ScramParts {
 public:
  explicit ScramParts(std::string_view text) noexcept : rest_(text) {}

  /// The value of the next part if it has this name; nullopt where it has another or there is none.
  [[nodiscard]] std::optional<std::string_view> take(char name) noexcept;
  /// Skips parts up to the last one: extensions that nobody has to understand. False: one of them is no such part, or
  /// must be understood ("m").
  [[nodiscard]] bool skip_extensions(bool keep_last) noexcept;

  [[nodiscard]] bool at_end() const noexcept { return ended_; }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
  bool ended_ = false;  ///< The last part has been taken. An empty text is one empty part.
};

/// Printable ASCII without the comma, at least one: a nonce.
[[nodiscard]] bool is_nonce(std::string_view text) noexcept;
/// A decimal number from 1 to `most`, no sign, no leading zero.
[[nodiscard]] std::optional<std::uint32_t> parse_count(std::string_view text, std::uint32_t most) noexcept;

}  // namespace lockkeeper::proxy
