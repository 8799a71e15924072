// What takes long to make and is only read afterwards, the files of a new server above all, is made once.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace lockkeeper::servers {

/// Makes a folder's contents; it does not exist yet.
using MakeTemplate = std::function<void(const std::filesystem::path& folder)>;

/// The folder of that name, made now if nobody has; with all folders of this process it is gone when that ends. Where
/// LOCKKEEPER_SERVER_TEMPLATES names a folder they lie there, for all processes that know of it, and stay; whoever
/// comes second waits until the first has made it. What `make` throws is passed on, and leaves nothing. Thread-safe;
/// after a fork the child begins its own.
[[nodiscard]] std::filesystem::path made_once(const std::string& name, const MakeTemplate& make);

}  // namespace lockkeeper::servers
