// The applications' logs: once for the commands that look once, followed for the daemon.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/app_log_option.hpp"
#include "collect/applog/app_logs.hpp"
#include "diagnose/conductor.hpp"

namespace lockkeeper {

/// What the files hold, and what is written to them from now on. Else what is wrong, for a person.
[[nodiscard]] std::expected<diagnose::AppLogSource, std::string> read_app_logs(
    const std::vector<cli::AppLogArgument>& files, bool is_shared, diagnose::Duration timeout);

/// What is written to the files from now on. Thread-safe. A file that cannot be read is told of in our own log, once,
/// and so is that it can be read again.
class WatchedAppLogs {
 public:
  WatchedAppLogs(const std::vector<cli::AppLogArgument>& files, bool is_shared);
  [[nodiscard]] std::shared_ptr<const model::AppLog> look();

 private:
  void tell(const model::AppLog& log);

  collect::applog::AppLogs logs_;
  std::mutex mutex_;
  std::map<std::string, std::string> told_;  // file and its trouble
};

}  // namespace lockkeeper
