// How a text is to be read: settings of the session it came from.
#pragma once

#include <cstdint>

namespace lockkeeper::sql {

enum class Dialect : std::uint8_t {
  postgres,
  mysql,   ///< MySQL and MariaDB.
  sqlite,  ///< "..." may be a string: SQLite takes it for one where it is no name (sqlite.org/quirks.html, 8).
};

/// What a backslash in '...' is (in MySQL's "..." too): a setting of the session.
enum class Backslashes : std::uint8_t {
  /// Not known: read as the dialect's servers do unless told. What follows the first string that ends elsewhere in the
  /// other reading may be a literal's content: it is not shown.
  unknown,
  plain,    ///< A character: PostgreSQL's standard_conforming_strings = on, MySQL's sql_mode NO_BACKSLASH_ESCAPES.
  escapes,  ///< It takes the next character: standard_conforming_strings = off, MySQL without that mode.
};

struct Options {
  Dialect dialect = Dialect::postgres;
  bool ansi_quotes = false;  ///< MySQL's sql_mode ANSI_QUOTES: "..." is an identifier, not a string.
  Backslashes backslashes = Backslashes::unknown;  ///< SQLite has none.
  bool truncated = false;  ///< The source is known to have cut the text off (track_activity_query_size).
};

}  // namespace lockkeeper::sql
