// A driver's error to a failure that says what to do, in the words of MySQL and MariaDB.
#pragma once

#include <string>

#include <lockkeeper/error.hpp>

#include "model/snapshot.hpp"

namespace lockkeeper::collect::mysql {

/// `where`: the URL without secrets.
[[nodiscard]] model::LookFailure explain(const Error& error, const std::string& where);

}  // namespace lockkeeper::collect::mysql
