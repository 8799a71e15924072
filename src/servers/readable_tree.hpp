// Servers run as `nobody` under root, and must be able to read what they consist of.
#pragma once

#include <filesystem>
#include <string>

namespace lockkeeper::servers {

/// The same tree of files where every user can read it: itself, or where it lies in a private folder (below /root, for
/// example) a copy of that name (made_once), of hard links where the file system allows them.
[[nodiscard]] std::filesystem::path readable_tree(const std::filesystem::path& tree, const std::string& name);

}  // namespace lockkeeper::servers
