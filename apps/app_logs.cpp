#include "app_logs.hpp"

#include <fmt/format.h>

#include "log.hpp"

namespace lockkeeper {
namespace {

std::vector<collect::applog::LogFile> log_files(const std::vector<cli::AppLogArgument>& files) {
  std::vector<collect::applog::LogFile> result;
  for (const cli::AppLogArgument& each : files) result.push_back({each.application, each.file});
  return result;
}

}  // namespace

std::expected<diagnose::AppLogSource, std::string> read_app_logs(const std::vector<cli::AppLogArgument>& files,
                                                                 bool is_shared, diagnose::Duration timeout) {
  auto logs =
      collect::applog::AppLogs::read_once(log_files(files), std::chrono::steady_clock::now() + timeout, is_shared);
  if (!logs) return std::unexpected(std::move(logs.error()));
  return [shared = std::shared_ptr(*std::move(logs))] { return shared->look(); };
}

WatchedAppLogs::WatchedAppLogs(const std::vector<cli::AppLogArgument>& files, bool is_shared)
    : logs_(log_files(files), is_shared) {
  tell(*logs_.look());
}

std::shared_ptr<const model::AppLog> WatchedAppLogs::look() {
  auto log = logs_.look();
  tell(*log);
  return log;
}

void WatchedAppLogs::tell(const model::AppLog& log) {
  const std::lock_guard guard(mutex_);
  for (const model::AppLogFile& each : log.files) {
    std::string& told = told_[each.file];
    if (told == each.trouble) continue;
    told = each.trouble;
    if (told.empty()) {
      log_line(LogLevel::info, fmt::format("application log {}: it is read", each.file));
    } else {
      log_line(LogLevel::warning,
               fmt::format("application log {}: it cannot be read: {}; it is tried again", each.file, told));
    }
  }
}

}  // namespace lockkeeper
