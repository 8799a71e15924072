// The one place where the version is: CMakeLists.txt reads it here too.
#pragma once

#include <string_view>

namespace lockkeeper {

inline constexpr std::string_view version = "0.1.0";

}  // namespace lockkeeper
