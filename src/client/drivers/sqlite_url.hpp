// sqlite:file?option=value, taken apart.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/drivers/sqlite_handles.hpp"

namespace lockkeeper::client::sqlite {

/// Where a database is and how it is opened.
struct Location {
  std::string file = {};   ///< A path, or the name of a database in memory. Never empty.
  bool is_memory = false;  ///< :memory: or mode=memory.
  /// mode, cache, immutable, nolock, vfs: checked, for SQLite itself. In the URL's order.
  std::vector<std::pair<std::string, std::string>> options = {};
  /// All others, names in lower case: pragmas, not checked.
  std::vector<std::pair<std::string, std::string>> pragmas = {};

  /// In the form that SQLite opens, `file:...?...`.
  [[nodiscard]] std::string uri() const;
  /// For people: the path, `:memory:`, or the name of a database in memory.
  [[nodiscard]] std::string name() const;
};

/// A configuration error otherwise, which quotes nothing that may be a password.
[[nodiscard]] Result<Location> parse_url(std::string_view url);

/// The names of the options that parse_url checks itself.
[[nodiscard]] std::vector<std::string> option_names();

/// Driver::public_url. What cannot be understood is left out rather than shown: the scheme and "…" remain.
[[nodiscard]] std::string public_url(std::string_view url);

}  // namespace lockkeeper::client::sqlite
