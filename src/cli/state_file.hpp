// Where files go that we keep from run to run, unless told otherwise.
#pragma once

#include <filesystem>
#include <string_view>

namespace lockkeeper::cli {

/// `name` in $XDG_STATE_HOME/lockkeeper, or in ~/.local/state/lockkeeper. Empty where neither is set: nothing goes into
/// whatever folder we happen to be in.
[[nodiscard]] std::filesystem::path state_file(std::string_view name);

}  // namespace lockkeeper::cli
