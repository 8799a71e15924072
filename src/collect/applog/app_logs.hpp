// The logs of all applications, for whoever looks: what they complained of lately.
#pragma once

#include <chrono>
#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "collect/applog/follower.hpp"
#include "collect/applog/parser.hpp"
#include "model/app_log.hpp"

namespace lockkeeper::collect::applog {

struct LogFile {
  std::string application;  ///< Its application_name on the server; empty: not said.
  std::string path;         ///< "-": standard input; only for AppLogs::read_once.
};

/// Thread-safe. Has no thread of its own: it reads when it is asked, a bounded number of bytes.
class AppLogs {
 public:
  /// Follows the files from their ends on. A file that is missing or may not be read is tried again.
  explicit AppLogs(std::vector<LogFile> files, bool is_shared = false, LocalClock clock = machine_clock());

  /// What the files hold already, at most the last 8 MiB of each, and of standard input what comes until its end or the
  /// deadline. They are followed from then on. What is wrong with the first that cannot be read, for a person.
  [[nodiscard]] static std::expected<std::unique_ptr<AppLogs>, std::string> read_once(
      std::vector<LogFile> files, std::chrono::steady_clock::time_point deadline, bool is_shared = false,
      LocalClock clock = machine_clock());

  /// Reads what was written since, unless somebody did just now. Never waits for a writer.
  [[nodiscard]] std::shared_ptr<const model::AppLog> look();

 private:
  struct Source {
    Source(LogFile file, Follower::Begin begin, const LocalClock& clock)
        : told(file), follower(file.path, begin), parser(file.application, file.path, clock) {}
    LogFile told;
    Follower follower;
    Parser parser;
  };

  AppLogs(std::vector<LogFile> files, Follower::Begin begin, bool is_shared, const LocalClock& clock);
  void read(Source& source, std::size_t most_bytes) LK_REQUIRES(mutex_);
  [[nodiscard]] bool read_standard_input(Source& source, std::chrono::steady_clock::time_point deadline)
      LK_REQUIRES(mutex_);
  void keep(std::vector<model::PoolComplaint> complaints) LK_REQUIRES(mutex_);
  [[nodiscard]] std::shared_ptr<const model::AppLog> told() LK_REQUIRES(mutex_);

  const bool is_shared_;
  base::Mutex mutex_;
  std::deque<Source> sources_ LK_GUARDED_BY(mutex_);
  std::deque<model::PoolComplaint> complaints_ LK_GUARDED_BY(mutex_);
  std::uint64_t dropped_ LK_GUARDED_BY(mutex_) = 0;
  std::chrono::steady_clock::time_point read_at_ LK_GUARDED_BY(mutex_){};
  std::shared_ptr<const model::AppLog> last_ LK_GUARDED_BY(mutex_);
};

}  // namespace lockkeeper::collect::applog
