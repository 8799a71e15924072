// From a Target to an open database in the state that its user may count on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <lockkeeper/driver.hpp>

#include "client/drivers/sqlite_handles.hpp"
#include "client/drivers/sqlite_interruption.hpp"

namespace lockkeeper::client::sqlite {

/// An open database and what belongs to it.
struct Session {
  std::shared_ptr<Interruption> interruption = {};  ///< Shared with cancellers. Outlives the database.
  Database database = {};
  std::string name = {};                  ///< The file, for people.
  std::vector<std::string> pragmas = {};  ///< What puts the session's settings back, one statement each.
  bool is_query_only = false;             ///< By PRAGMA query_only in its settings.
  bool switches_when_prepared = false;    ///< PRAGMA query_only need not be run: seen to be so.
  bool is_writable = false;               ///< Neither by that nor by its file is it for reading only.
};

/// Throws Failure: `configuration`, `unknown_database` where there is no such file or folder, `permission`, `protocol`
/// where the file is something else, `deadline` where others keep it locked, `unreachable` for the rest.
[[nodiscard]] Session open_session(const Target& target, Deadline deadline);

}  // namespace lockkeeper::client::sqlite
