// What calls of set_config() in a text set for the session: the name and whether it is local are literals, so that this
// is no function of the fingerprint. Needed for parameters with a dot in their name (my.tenant): the server does not
// list those.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/options.hpp"

namespace lockkeeper::track::postgres {

struct ConfigCalls {
  std::vector<std::string> session;  ///< Set beyond the transaction; lower case.
  std::vector<std::string> local;    ///< Set for the transaction, where the text shows the name.
  bool unknown = false;              ///< A call of which the name, or whether it is local, is not written in the text.
};

/// For texts that have Trait::set_config alone; reads the whole of it. Not known, backslashes are characters.
[[nodiscard]] ConfigCalls config_calls(std::string_view sql, sql::Backslashes backslashes);

}  // namespace lockkeeper::track::postgres
