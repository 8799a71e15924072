// How a text is to be read: settings of the session it came from.
#pragma once

#include <cstdint>

namespace lockkeeper::sql {

enum class Dialect : std::uint8_t {
  postgres,
  mysql,   ///< MySQL and MariaDB.
  sqlite,  ///< "..." may be a string: SQLite takes it for one where it is no name (sqlite.org/quirks.html, 8).
};

struct Options {
  Dialect dialect = Dialect::postgres;
  bool ansi_quotes = false;           ///< MySQL's sql_mode ANSI_QUOTES: "..." is an identifier, not a string.
  bool no_backslash_escapes = false;  ///< MySQL's sql_mode NO_BACKSLASH_ESCAPES.
  bool truncated = false;             ///< The source is known to have cut the text off (track_activity_query_size).
};

}  // namespace lockkeeper::sql
