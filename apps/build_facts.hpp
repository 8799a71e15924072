// What this program was built from and with, as CMake knew it.
#pragma once

#include "report/build_facts.hpp"

namespace lockkeeper {

[[nodiscard]] report::BuildFacts build_facts();

}  // namespace lockkeeper
