// The wall clock, for records: deciding code gets it as an argument.
#pragma once

#include <chrono>

#include "model/time.hpp"

namespace lockkeeper::proxy {

[[nodiscard]] inline model::WallTime wall_now() {
  return std::chrono::floor<model::Duration>(std::chrono::system_clock::now());
}

}  // namespace lockkeeper::proxy
