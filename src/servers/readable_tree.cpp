#include "servers/readable_tree.hpp"

#include <unistd.h>

#include <system_error>

#include "servers/templates.hpp"

namespace lockkeeper::servers {
namespace {

namespace fs = std::filesystem;

bool everybody_may_enter(const fs::path& folder) {
  for (fs::path above = folder; above != above.root_path(); above = above.parent_path()) {
    if ((fs::status(above).permissions() & fs::perms::others_exec) == fs::perms::none) return false;
  }
  return true;
}

// Hard links where the file system allows them, copies where it does not (another disk).
void link_tree(const fs::path& from, const fs::path& to) {
  constexpr auto all = fs::copy_options::recursive | fs::copy_options::copy_symlinks;
  std::error_code failed;
  fs::copy(from, to, all | fs::copy_options::create_hard_links, failed);
  if (!failed) return;
  fs::remove_all(to);
  fs::copy(from, to, all);
}

}  // namespace

fs::path readable_tree(const fs::path& tree, const std::string& name) {
  if (::geteuid() != 0 || everybody_may_enter(fs::canonical(tree))) return tree;
  return made_once(name, [&tree](const fs::path& copy) { link_tree(tree, copy); });
}

}  // namespace lockkeeper::servers
