// A folder that is gone when its owner is: removed by the destructor, or by the next process that starts a server after
// a crash.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

namespace lockkeeper::servers {

/// Owns a new folder `lockkeeper-<our pid>-XXXXXX` below the system's temp folder. Move-only.
/// A copy inherited through fork does not remove the folder: it belongs to the process that made it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
  ~TemporaryFolder();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  void remove() noexcept;

  std::filesystem::path path_;
  pid_t owner_;
};

/// The system's temp folder, or /tmp where that path is too long to hold a unix socket.
[[nodiscard]] std::filesystem::path short_temp_path();

/// Removes folders whose owning process no longer exists. Called by every server start.
void remove_stale_folders();

/// A new file or an overwritten one; throws where it cannot be written.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace lockkeeper::servers
