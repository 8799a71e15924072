#include "proxy/config_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <vector>

namespace lockkeeper::proxy {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t size;
};

// Longest names first: "ms" before "m", "min" before "m".
constexpr std::array<Unit, 6> time_units{
    {{"min", 60'000}, {"ms", 1}, {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}}};
constexpr std::array<Unit, 5> written_time_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 4> size_units{
    {{"GiB", std::int64_t{1} << 30}, {"MiB", std::int64_t{1} << 20}, {"KiB", 1024}, {"B", 1}}};

// More is a typing error, and keeps every sum far from overflow.
constexpr std::int64_t longest_duration = std::int64_t{3650} * 86'400'000;
constexpr std::int64_t largest_size = std::int64_t{1} << 40;

std::optional<std::int64_t> take_number(std::string_view& text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// number × unit, at most `most`.
std::optional<std::int64_t> scaled(std::int64_t number, std::int64_t unit, std::int64_t most) noexcept {
  if (number > most / unit) return std::nullopt;
  return number * unit;
}

constexpr std::array<std::string_view, 3> io_words{"auto", "io_uring", "epoll"};
constexpr std::array<std::string_view, 2> mode_words{"session", "transaction"};
constexpr std::array<std::string_view, 6> auth_words{"auto", "pass-through", "scram-sha-256", "md5", "plain", "trust"};
constexpr std::array<std::string_view, 3> client_tls_words{"disable", "allow", "require"};
constexpr std::array<std::string_view, 5> server_tls_words{"disable", "prefer", "require", "verify-ca", "verify-full"};
constexpr std::array<std::string_view, 2> action_words{"terminate", "cancel"};
constexpr std::array<std::string_view, 3> severity_words{"notice", "warning", "critical"};

// Optimal string alignment distance.
std::size_t steps_between(std::string_view from, std::string_view to) {
  const std::size_t width = to.size() + 1;
  std::vector<std::size_t> before(width);
  std::vector<std::size_t> row(width);
  std::iota(row.begin(), row.end(), std::size_t{0});
  std::vector<std::size_t> above = row;
  for (std::size_t at = 1; at <= from.size(); ++at) {
    row[0] = at;
    for (std::size_t to_at = 1; to_at < width; ++to_at) {
      const std::size_t replaced = above[to_at - 1] + (from[at - 1] == to[to_at - 1] ? 0 : 1);
      row[to_at] = std::min({replaced, above[to_at] + 1, row[to_at - 1] + 1});
      const bool swapped = at > 1 && to_at > 1 && from[at - 1] == to[to_at - 2] && from[at - 2] == to[to_at - 1];
      if (swapped) row[to_at] = std::min(row[to_at], before[to_at - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above[to.size()];
}

}  // namespace

std::optional<ConfigDuration> parse_config_duration(std::string_view text) noexcept {
  if (text == "0") return ConfigDuration(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const auto unit = std::ranges::find_if(time_units, [&](const Unit& one) { return text.starts_with(one.name); });
    if (unit == time_units.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    const auto part = scaled(*number, unit->size, longest_duration);
    if (!part || (total += *part) > longest_duration) return std::nullopt;
  }
  return ConfigDuration(total);
}

std::string write_config_duration(ConfigDuration duration) {
  if (duration.count() == 0) return "0";
  const auto unit =
      std::ranges::find_if(written_time_units, [&](const Unit& one) { return duration.count() % one.size == 0; });
  return fmt::format("{}{}", duration.count() / unit->size, unit->name);
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  if (text.starts_with(' ')) text.remove_prefix(1);
  if (text.empty()) text = "B";
  const auto unit = std::ranges::find(size_units, text, &Unit::name);
  const auto size = unit == size_units.end() ? std::nullopt : scaled(*number, unit->size, largest_size);
  if (!size) return std::nullopt;
  return static_cast<std::uint64_t>(*size);
}

std::string write_size(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  const auto unit = std::ranges::find_if(
      size_units, [&](const Unit& one) { return bytes % static_cast<std::uint64_t>(one.size) == 0; });
  return fmt::format("{} {}", bytes / static_cast<std::uint64_t>(unit->size), unit->name);
}

template <>
std::span<const std::string_view> choices<IoBackend>() noexcept {
  return io_words;
}
template <>
std::span<const std::string_view> choices<PoolMode>() noexcept {
  return mode_words;
}
template <>
std::span<const std::string_view> choices<AuthMethod>() noexcept {
  return auth_words;
}
template <>
std::span<const std::string_view> choices<ClientTlsMode>() noexcept {
  return client_tls_words;
}
template <>
std::span<const std::string_view> choices<ServerTlsMode>() noexcept {
  return server_tls_words;
}
template <>
std::span<const std::string_view> choices<PolicyAction>() noexcept {
  return action_words;
}
template <>
std::span<const std::string_view> choices<AlertSeverity>() noexcept {
  return severity_words;
}

std::string_view to_string(AuthMethod method) noexcept { return write_choice(method); }

std::expected<ListenAddress, std::string> parse_listen(std::string_view text) {
  const auto wrong = [&] {
    return std::unexpected(
        fmt::format("\"{}\" is no address to listen on; write it like 127.0.0.1:6432, [::1]:6432 or "
                    "*:6432, with a port from 0 (any that is free) to 65535",
                    text));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong();
  std::string_view host = text.substr(0, colon);
  std::string_view port_text = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.contains(':') != bracketed || host.find_first_of("[]/ ") != std::string_view::npos) return wrong();
  const auto port = take_number(port_text);
  if (!port || !port_text.empty() || *port > 65535) return wrong();
  return ListenAddress{std::string(host), static_cast<std::uint16_t>(*port)};
}

bool is_loopback_host(std::string_view host) noexcept {
  const bool is_number = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "::1" || (is_number && host.starts_with("127."));
}

std::string_view nearest_word(std::string_view given, std::span<const std::string_view> known) {
  constexpr std::size_t longest = 64;  // no word that we know is as long: do not spend time on it
  if (given.size() > longest) return {};
  std::string_view best;
  std::size_t fewest = std::max<std::size_t>(given.size() / 3, 1) + 1;
  for (const std::string_view word : known) {
    const std::size_t steps = steps_between(given, word);
    if (steps >= fewest) continue;
    fewest = steps;
    best = word;
  }
  return best;
}

}  // namespace lockkeeper::proxy
