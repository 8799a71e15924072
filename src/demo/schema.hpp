// The shop in which the incidents happen: a database, its one user, and tables with a few rows.
#pragma once

#include <string>

#include <lockkeeper/driver.hpp>

namespace lockkeeper::demo {

/// Makes it on the server of `url`, whose user may do everything, and returns the URL of the shop's own user, who may
/// not: nobody ends sessions of superusers lightly. Throws Failure.
[[nodiscard]] std::string open_shop(Driver& driver, const std::string& url);

}  // namespace lockkeeper::demo
