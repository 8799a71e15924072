// A session's pragmas, from the URL and Target::settings, checked before anything is opened.
#pragma once

#include <string>
#include <vector>

#include <lockkeeper/driver.hpp>

#include "client/drivers/sqlite_handles.hpp"
#include "client/drivers/sqlite_url.hpp"

namespace lockkeeper::client::sqlite {

struct Pragmas {
  std::vector<std::string> statements = {};  ///< In the order in which they are to be run, without journal_mode.
  std::string journal_mode = {};             ///< In lower case; empty where nothing was said.
  bool query_only = false;
};

/// Target::settings win over the URL. A configuration error names what is unknown and the nearest that is known; SQLite
/// itself would say nothing.
[[nodiscard]] Result<Pragmas> pragmas_of(const Location& location, const Target& target);

}  // namespace lockkeeper::client::sqlite
