// USE: which database a session is in after it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sql/options.hpp"

namespace lockkeeper::track::mysql {

/// The database for each statement of a text, which is in use once that has succeeded; empty: it changes nothing.
using UsedDatabases = std::vector<std::string>;

/// For texts that have a USE alone (Seen::uses); reads the whole of it. As it is written: a server may fold its case
/// (lower_case_table_names).
[[nodiscard]] UsedDatabases databases_used_in(std::string_view sql, const sql::Options& options);

}  // namespace lockkeeper::track::mysql
