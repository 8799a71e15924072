// Which words make a suspicion: a statement's first word, and functions by their names.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "track/postgres/traits.hpp"

namespace lockkeeper::track::postgres {

/// Those that need no look at what follows.
[[nodiscard]] inline std::optional<Trait> trait_of_verb(std::string_view word) noexcept {
  static constexpr std::array<std::pair<std::string_view, Trait>, 9> verbs = {{
      {"listen", Trait::listen},
      {"unlisten", Trait::unlisten},
      {"create", Trait::create},
      {"drop", Trait::drop},
      {"declare", Trait::cursor},
      {"close", Trait::close_cursor},
      {"load", Trait::load},
      {"do", Trait::unknown_effects},
      {"call", Trait::unknown_effects},
  }};
  const auto* const found = std::ranges::find(verbs, word, &std::pair<std::string_view, Trait>::first);
  if (found == verbs.end()) return std::nullopt;
  return found->second;
}

/// A name anywhere, whatever schema stands before it. It need not be a function here: `pg_temp` is a schema, and an
/// operator may have a function behind it that its CREATE named.
[[nodiscard]] inline std::optional<Trait> trait_of_name(std::string_view name) noexcept {
  if (name.starts_with("pg_temp")) return Trait::temporary;  // pg_temp_3 as well
  if (name.starts_with("pg_advisory_") || name.starts_with("pg_try_advisory_")) {
    if (name.find("xact") != std::string_view::npos) return std::nullopt;
    return name.starts_with("pg_advisory_unlock") ? Trait::advisory_unlock : Trait::session_advisory_lock;
  }
  if (name == "set_config") return Trait::set_config;
  if (name == "currval" || name == "lastval") return Trait::sequence_value;
  if (name.ends_with("_replication_slot") && name.starts_with("pg_")) return Trait::replication_slot;
  const bool backup =
      name == "pg_backup_start" || name == "pg_backup_stop" || name == "pg_start_backup" || name == "pg_stop_backup";
  const bool session = name == "setseed" || name.starts_with("dblink_connect") || name == "dblink_disconnect" ||
                       name.starts_with("pg_replication_origin_session_");
  if (backup || session) return Trait::untold;
  return std::nullopt;
}

}  // namespace lockkeeper::track::postgres
