#include "servers/templates.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>

#include "servers/temporary_folder.hpp"
#include "servers/wait.hpp"

namespace lockkeeper::servers {
namespace {

namespace fs = std::filesystem;

constexpr const char* shared_folder = "LOCKKEEPER_SERVER_TEMPLATES";
constexpr std::chrono::milliseconds others_patience = 2 * default_patience;  // a server is initialized meanwhile

// Held by one process at a time, and by none that has ended.
class Turn {
 public:
  explicit Turn(const fs::path& file) : file_(::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), "open " + file.string());
    try {
      wait_until([this] { return ::flock(file_, LOCK_EX | LOCK_NB) == 0; }, others_patience, "the maker of a template");
    } catch (...) {
      ::close(file_);
      throw;
    }
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { ::close(file_); }

 private:
  int file_;
};

// Half a template is never found under its name.
void make_whole(const fs::path& folder, const MakeTemplate& make) {
  const fs::path part = folder.string() + ".part";
  fs::remove_all(part);  // Of somebody who was killed.
  try {
    make(part);
  } catch (...) {
    fs::remove_all(part);
    throw;
  }
  fs::rename(part, folder);
}

class Templates {
 public:
  static Templates& instance() {
    static std::mutex mutex;
    static std::map<pid_t, Templates> of_process;
    const std::lock_guard lock(mutex);
    return of_process[::getpid()];
  }

  fs::path made_in_own(const std::string& name, const MakeTemplate& make) {
    const std::lock_guard lock(mutex_);
    if (!own_) own_.emplace();
    return made_in(own_->path(), name, make);
  }

  static fs::path made_in(const fs::path& all, const std::string& name, const MakeTemplate& make) {
    fs::path folder = all / name;
    if (!fs::exists(folder)) make_whole(folder, make);
    return folder;
  }

 private:
  std::mutex mutex_;
  std::optional<TemporaryFolder> own_;
};

}  // namespace

fs::path made_once_here(const std::string& name, const MakeTemplate& make) {
  return Templates::instance().made_in_own(name, make);
}

fs::path made_once(const std::string& name, const MakeTemplate& make) {
  const char* shared = std::getenv(shared_folder);
  if (shared == nullptr || *shared == '\0') return made_once_here(name, make);
  const Turn turn(fs::path(shared) / (name + ".lock"));
  return Templates::made_in(shared, name, make);
}

}  // namespace lockkeeper::servers
