// The keeper as it was built: an executable file's bytes.
#pragma once

#include <string_view>

namespace lockkeeper::servers {

[[nodiscard]] std::string_view keeper_image() noexcept;

}  // namespace lockkeeper::servers
