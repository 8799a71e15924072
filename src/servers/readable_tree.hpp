// Servers run as `nobody` under root, and must be able to read what they consist of.
#pragma once

#include <filesystem>

namespace lockkeeper::servers {

/// The same tree of files where every user can read it: itself, or `copy`, made of hard links where the file system
/// allows them, where it lies in a private folder (below /root, for example). A copy that exists is taken as it is.
[[nodiscard]] std::filesystem::path readable_tree(const std::filesystem::path& tree, const std::filesystem::path& copy);

}  // namespace lockkeeper::servers
