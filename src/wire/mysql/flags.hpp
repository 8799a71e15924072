// The two sets of flags that the protocol turns on: what both sides can do, and how the server's session stands.
#pragma once

#include <cstdint>

namespace lockkeeper::wire::mysql {

/// One bit each. From bit 32 on they are MariaDB's own, which travel in bytes that MySQL keeps at zero, and only where
/// `mysql` is not set.
enum class Capability : std::uint64_t {
  mysql = 1U << 0U,  ///< MySQL's CLIENT_LONG_PASSWORD: whoever sets it knows nothing of MariaDB's capabilities.
  found_rows = 1U << 1U,
  database = 1U << 3U,  ///< CONNECT_WITH_DB
  compress = 1U << 5U,
  local_files = 1U << 7U,
  protocol_41 = 1U << 9U,
  interactive = 1U << 10U,
  tls = 1U << 11U,
  transactions = 1U << 13U,
  secure_connection = 1U << 15U,
  multi_statements = 1U << 16U,
  multi_results = 1U << 17U,
  prepared_multi_results = 1U << 18U,
  plugin_auth = 1U << 19U,
  connect_attributes = 1U << 20U,
  sized_auth = 1U << 21U,  ///< PLUGIN_AUTH_LENENC_CLIENT_DATA
  expired_passwords = 1U << 22U,
  session_track = 1U << 23U,
  deprecate_eof = 1U << 24U,
  optional_metadata = 1U << 25U,  ///< MySQL's own, which MariaDB does otherwise with `cache_metadata`.
  zstd = 1U << 26U,
  query_attributes = 1U << 27U,
  multi_factor = 1U << 28U,
  progress = std::uint64_t{1} << 32U,
  bulk_statements = std::uint64_t{1} << 34U,
  extended_types = std::uint64_t{1} << 35U,
  cache_metadata = std::uint64_t{1} << 36U,
  bulk_unit_results = std::uint64_t{1} << 37U,
};

struct Capabilities {
  std::uint64_t bits = 0;

  [[nodiscard]] constexpr bool has(Capability one) const noexcept {
    return (bits & static_cast<std::uint64_t>(one)) != 0;
  }
  [[nodiscard]] constexpr Capabilities with(Capability one) const noexcept {
    return {bits | static_cast<std::uint64_t>(one)};
  }
  [[nodiscard]] constexpr Capabilities without(Capability one) const noexcept {
    return {bits & ~static_cast<std::uint64_t>(one)};
  }
  /// What both have: what a server and a client agree on.
  [[nodiscard]] constexpr Capabilities operator&(Capabilities other) const noexcept { return {bits & other.bits}; }
  constexpr bool operator==(const Capabilities&) const noexcept = default;
};

/// The session's flags in OK and EOF: the only truth about transactions. An error says nothing about them, though it
/// may have ended the transaction (a deadlock).
struct Status {
  std::uint16_t bits = 0;

  [[nodiscard]] constexpr bool in_transaction() const noexcept { return has(0x0001); }
  [[nodiscard]] constexpr bool autocommit() const noexcept { return has(0x0002); }
  [[nodiscard]] constexpr bool more_results() const noexcept { return has(0x0008); }
  [[nodiscard]] constexpr bool no_good_index() const noexcept { return has(0x0010); }
  [[nodiscard]] constexpr bool no_index() const noexcept { return has(0x0020); }
  [[nodiscard]] constexpr bool cursor_exists() const noexcept { return has(0x0040); }
  [[nodiscard]] constexpr bool last_row_sent() const noexcept { return has(0x0080); }
  [[nodiscard]] constexpr bool database_dropped() const noexcept { return has(0x0100); }
  [[nodiscard]] constexpr bool no_backslash_escapes() const noexcept { return has(0x0200); }
  [[nodiscard]] constexpr bool metadata_changed() const noexcept { return has(0x0400); }
  [[nodiscard]] constexpr bool slow() const noexcept { return has(0x0800); }
  [[nodiscard]] constexpr bool out_parameters() const noexcept { return has(0x1000); }
  [[nodiscard]] constexpr bool read_only_transaction() const noexcept { return has(0x2000); }
  [[nodiscard]] constexpr bool session_changed() const noexcept { return has(0x4000); }
  [[nodiscard]] constexpr bool ansi_quotes() const noexcept { return has(0x8000); }  ///< MariaDB alone says so.
  constexpr bool operator==(const Status&) const noexcept = default;

 private:
  [[nodiscard]] constexpr bool has(std::uint16_t bit) const noexcept { return (bits & bit) != 0; }
};

}  // namespace lockkeeper::wire::mysql
