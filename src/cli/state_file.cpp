#include "cli/state_file.hpp"

#include <cstdlib>

namespace lockkeeper::cli {

std::filesystem::path state_file(std::string_view name) {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state != '\0') return std::filesystem::path(state) / "lockkeeper" / name;
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return {};
  return std::filesystem::path(home) / ".local/state/lockkeeper" / name;
}

}  // namespace lockkeeper::cli
