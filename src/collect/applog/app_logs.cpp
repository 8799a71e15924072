#include "collect/applog/app_logs.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace lockkeeper::collect::applog {
namespace {

using Clock = std::chrono::steady_clock;

/// Of one file at one look. At a look a second, a log may grow by so much a second and is still kept up with; reading
/// it takes some milliseconds.
constexpr std::size_t most_bytes_a_look = 4 << 20;
/// Looks of several servers within this time are one.
constexpr auto between_looks = std::chrono::milliseconds(200);

model::WallTime wall_now() { return std::chrono::floor<model::Duration>(std::chrono::system_clock::now()); }

}  // namespace

AppLogs::AppLogs(std::vector<LogFile> files, bool is_shared, LocalClock clock)
    : AppLogs(std::move(files), Follower::Begin::at_end, is_shared, clock) {
  const base::Guard guard(mutex_);
  // Their ends are where they are now, not where they will be at the first look.
  for (Source& source : sources_) read(source, most_bytes_a_look);
}

AppLogs::AppLogs(std::vector<LogFile> files, Follower::Begin begin, bool is_shared, const LocalClock& clock)
    : is_shared_(is_shared) {
  for (LogFile& file : files) sources_.emplace_back(std::move(file), begin, clock);
}

std::expected<std::unique_ptr<AppLogs>, std::string> AppLogs::read_once(std::vector<LogFile> files,
                                                                        Clock::time_point deadline, bool is_shared,
                                                                        LocalClock clock) {
  std::unique_ptr<AppLogs> logs(new AppLogs(std::move(files), Follower::Begin::at_history, is_shared, clock));
  const base::Guard guard(logs->mutex_);
  for (Source& source : logs->sources_) {
    if (source.told.path == "-") {
      if (!logs->read_standard_input(source, deadline))
        return std::unexpected("--app-log -: standard input cannot be read");
      continue;
    }
    logs->read(source, Follower::most_history + LineCutter::longest_line);
    source.follower.finish([&](std::string_view line) { source.parser.read(line, wall_now(), false); });
    source.parser.pause();
    source.parser.pause();
    logs->keep(source.parser.take());
    if (!source.follower.trouble().empty())
      return std::unexpected(
          fmt::format("--app-log {}: the file cannot be read: {}", source.told.path, source.follower.trouble()));
  }
  return logs;
}

void AppLogs::read(Source& source, std::size_t most_bytes) {
  if (source.told.path == "-") return;
  const auto now = wall_now();
  source.follower.poll(most_bytes, [&](std::string_view line) {
    // What lacks a time is no younger than its file.
    const bool is_news = source.follower.is_news();
    source.parser.read(line, is_news ? now : std::min(now, source.follower.written_at().value_or(now)), is_news);
  });
  source.parser.pause();
  keep(source.parser.take());
}

bool AppLogs::read_standard_input(Source& source, Clock::time_point deadline) {
  LineCutter cutter;
  const auto each = [&](std::string_view line) { source.parser.read(line, wall_now(), false); };
  std::array<char, 65'536> buffer;
  for (;;) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const int ready = ::poll(&input, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) break;
    const ssize_t count = ready < 0 ? -1 : ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return false;
    if (count == 0) break;
    cutter.add(std::string_view(buffer.data(), static_cast<std::size_t>(count)), each);
    keep(source.parser.take());
  }
  cutter.finish(each);
  source.parser.pause();
  source.parser.pause();
  keep(source.parser.take());
  return true;
}

void AppLogs::keep(std::vector<model::PoolComplaint> complaints) {
  for (auto& complaint : complaints) complaints_.push_back(std::move(complaint));
  while (complaints_.size() > model::AppLog::most_complaints) {
    complaints_.pop_front();
    ++dropped_;
  }
}

std::shared_ptr<const model::AppLog> AppLogs::told() {
  auto log = std::make_shared<model::AppLog>();
  log->taken_at = wall_now();
  log->complaints.assign(complaints_.begin(), complaints_.end());
  log->dropped = dropped_;
  log->is_shared = is_shared_;
  for (const Source& source : sources_)
    log->files.push_back({source.told.application, source.told.path, source.follower.trouble()});
  return log;
}

std::shared_ptr<const model::AppLog> AppLogs::look() {
  const base::Guard guard(mutex_);
  if (last_ && Clock::now() - read_at_ < between_looks) return last_;
  for (Source& source : sources_) read(source, most_bytes_a_look);
  read_at_ = Clock::now();
  last_ = told();
  return last_;
}

}  // namespace lockkeeper::collect::applog
