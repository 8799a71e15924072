// A driver's error in the words of somebody who has to do something about it.
#pragma once

#include <lockkeeper/error.hpp>

#include "model/snapshot.hpp"

namespace lockkeeper::collect::postgres {

/// What failed, and what to do. `where` is the URL without its secrets, or empty for the environment's.
[[nodiscard]] model::LookFailure explain(const Error& error, const std::string& where);

}  // namespace lockkeeper::collect::postgres
