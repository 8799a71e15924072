// The client's part of a my.cnf, read only when the URL names the file.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "client/drivers/mysql_handles.hpp"

namespace lockkeeper::client::mysql {

/// Options by name, '-' for '_'.
using FileOptions = std::map<std::string, std::string>;

/// The groups [client], [client-server] and [client-mariadb]; a later line wins. !include lines are not followed.
[[nodiscard]] FileOptions parse_option_file(std::string_view text);

/// The same from a file, which must be readable.
[[nodiscard]] Result<FileOptions> read_option_file(const std::string& path);

}  // namespace lockkeeper::client::mysql
