// What takes long to make and is only read afterwards, the files of a new server above all, is made once.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace lockkeeper::servers {

/// Makes a folder's contents; it does not exist yet.
using MakeTemplate = std::function<void(const std::filesystem::path& folder)>;

/// The folder of that name, made now if this process has not; gone with it. What `make` throws is passed on, and leaves
/// nothing. Thread-safe, but `make` must not ask for another one; after a fork the child begins its own.
[[nodiscard]] std::filesystem::path made_once_here(const std::string& name, const MakeTemplate& make);

/// The same, but where LOCKKEEPER_SERVER_TEMPLATES names a folder it lies there, for all processes that know of it, and
/// stays; whoever comes second waits until the first has made it.
[[nodiscard]] std::filesystem::path made_once(const std::string& name, const MakeTemplate& make);

}  // namespace lockkeeper::servers
