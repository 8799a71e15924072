#include "servers/search_folders.hpp"

#include <utility>

namespace lockkeeper::servers {
namespace {

std::vector<std::filesystem::path>& folders() {
  static std::vector<std::filesystem::path> all;
  return all;
}

}  // namespace

bool search_in(std::filesystem::path folder) {
  folders().push_back(std::move(folder));
  return true;
}

const std::vector<std::filesystem::path>& search_folders() { return folders(); }

}  // namespace lockkeeper::servers
