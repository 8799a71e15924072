// Values of the configuration as texts: read, and written so that they read back as the same.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proxy/config.hpp"

namespace lockkeeper::proxy {

/// "250ms", "30s", "5min", "1h", "2d", sums of them ("1h30min"), "0". nullopt: neither, or more than ten years.
[[nodiscard]] std::optional<ConfigDuration> parse_config_duration(std::string_view text) noexcept;
/// The largest unit that it is a whole number of: "90s", "1h", "0".
[[nodiscard]] std::string write_config_duration(ConfigDuration duration);

/// "16 KiB", "2MiB", "1 GiB", "4096 B", "4096". nullopt: none of these, or more than 2^40.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;
[[nodiscard]] std::string write_size(std::uint64_t bytes);

/// The words of a choice, in the order of its enumeration's values.
template <class Choice>
[[nodiscard]] std::span<const std::string_view> choices() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> choices<IoBackend>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> choices<PoolMode>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> choices<AuthMethod>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> choices<ClientTlsMode>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> choices<ServerTlsMode>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> choices<PolicyAction>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> choices<AlertSeverity>() noexcept;

template <class Choice>
[[nodiscard]] std::string_view write_choice(Choice value) noexcept {
  return choices<Choice>()[static_cast<std::size_t>(value)];
}
template <class Choice>
[[nodiscard]] std::optional<Choice> parse_choice(std::string_view text) noexcept {
  const auto words = choices<Choice>();
  for (std::size_t index = 0; index < words.size(); ++index) {
    if (words[index] == text) return static_cast<Choice>(index);
  }
  return std::nullopt;
}

/// "127.0.0.1:6432", "[::1]:6432", "localhost:6432", "*:6432" (everywhere).
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};
[[nodiscard]] std::expected<ListenAddress, std::string> parse_listen(std::string_view text);
/// 127/8, ::1, localhost.
[[nodiscard]] bool is_loopback_host(std::string_view host) noexcept;

/// The known word nearest to `given`, for "did you mean"; empty where none is within a third of its letters.
[[nodiscard]] std::string_view nearest_word(std::string_view given, std::span<const std::string_view> known);

}  // namespace lockkeeper::proxy
