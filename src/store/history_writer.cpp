#include "store/history_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lockkeeper::store {
namespace {

// Of one commit: what has gathered while nothing could be written must not need longer than a commit may take.
constexpr std::size_t most_rows = 5'000;

model::WallTime wall_clock() { return std::chrono::floor<model::Duration>(std::chrono::system_clock::now()); }

}  // namespace

HistoryWriter::HistoryWriter(OpenHistory open, WriterSettings settings, WriterNotice notice)
    : open_(std::move(open)),
      settings_(settings),
      notice_(std::move(notice)),
      pending_(settings.most_bytes),
      pause_(settings.first_pause),
      thread_([this] { run(); }) {}

HistoryWriter::~HistoryWriter() {
  if (thread_.joinable()) stop(Clock::now());
}

void HistoryWriter::add(model::HistoryBatch batch) {
  if (batch.empty()) return;
  {
    const base::Guard guard(mutex_);
    pending_.add(std::move(batch));
  }
  changed_.notify_one();
}

WriterStatus HistoryWriter::status() const {
  const base::Guard guard(mutex_);
  WriterStatus status = status_;
  status.pending_rows = pending_.rows() + in_flight_rows_;
  status.pending_bytes = pending_.bytes() + in_flight_bytes_;
  status.dropped = pending_.dropped();
  return status;
}

bool HistoryWriter::stop(Deadline deadline) {
  {
    const base::Guard guard(mutex_);
    stop_by_ = deadline;
  }
  changed_.notify_one();
  thread_.join();
  const base::Guard guard(mutex_);
  return pending_.empty();
}

HistoryWriter::Clock::time_point HistoryWriter::next_work() const {
  return pending_.empty() ? next_trim_ : std::min(next_commit_, next_trim_);
}

bool HistoryWriter::wait_for_work() {
  base::Guard guard(mutex_);
  while (!stop_by_ && Clock::now() < next_work()) changed_.wait_until(guard, next_work());
  return !stop_by_;
}

void HistoryWriter::run() {
  while (wait_for_work()) {
    const auto now = Clock::now();
    if (now >= next_commit_) commit(now + settings_.commit_timeout);
    if (now >= next_trim_) trim(Clock::now() + settings_.trim_timeout);
  }
  Deadline last;
  {
    const base::Guard guard(mutex_);
    last = *stop_by_;
  }
  commit(last);
  store_.reset();
}

Result<void> HistoryWriter::open(Deadline deadline) {
  if (store_) return {};
  auto opened = open_(deadline);
  if (!opened) return std::unexpected(std::move(opened.error()));
  store_ = std::move(*opened);
  return {};
}

Result<void> HistoryWriter::append(const model::HistoryBatch& batch, Deadline deadline) {
  const auto opened = open(deadline);
  return opened ? store_->append(batch, deadline) : opened;
}

void HistoryWriter::commit(Deadline deadline) {
  while (commit_some(deadline) && Clock::now() < deadline) {
  }
}

bool HistoryWriter::commit_some(Deadline deadline) {
  model::HistoryBatch batch;
  bool has_more = false;
  {
    const base::Guard guard(mutex_);
    if (pending_.empty()) return false;
    in_flight_rows_ = pending_.rows();
    in_flight_bytes_ = pending_.bytes();
    batch = pending_.take(most_rows);
    in_flight_rows_ -= pending_.rows();
    in_flight_bytes_ -= pending_.bytes();
    has_more = !pending_.empty();
  }
  next_commit_ = Clock::now() + settings_.commit_every;
  const auto appended = append(batch, deadline);
  {
    const base::Guard guard(mutex_);
    in_flight_rows_ = in_flight_bytes_ = 0;
    if (appended) {
      ++status_.commits;
      status_.last_commit = wall_clock();
    } else {
      pending_.put_back(std::move(batch));
    }
  }
  if (!appended) {
    commit_failed_ = true;
    note_failure(appended.error());
    return false;
  }
  note_success(Work::commit);
  return has_more;
}

void HistoryWriter::trim(Deadline deadline) {
  next_trim_ = Clock::now() + settings_.trim_every;
  const auto opened = open(deadline);
  if (!opened) return note_failure(opened.error());
  const auto trimmed = store_->trim(wall_clock(), settings_.retention, deadline);
  if (trimmed) {
    {
      const base::Guard guard(mutex_);
      status_.store_bytes = trimmed->bytes;
    }
    return note_success(Work::trim);
  }
  // Too much to do at once, or somebody is in the way: the next one goes on.
  if (trimmed.error().code == ErrorCode::deadline) return store_.reset();
  note_failure(trimmed.error());
}

void HistoryWriter::note_success(Work work) {
  // A trim that works does not mean that a commit does: it asks for room, where the other gives it back.
  if (work == Work::trim && commit_failed_) return;
  commit_failed_ = false;
  pause_ = settings_.first_pause;
  std::uint64_t lost = 0;
  {
    const base::Guard guard(mutex_);
    if (status_.works()) return;
    status_.trouble.clear();
    status_.trouble_since.reset();
    lost = pending_.dropped().all() - dropped_before_;
  }
  notice_(true, lost == 0 ? "the history is written again; nothing was lost meanwhile"
                          : fmt::format("the history is written again; {} entries were lost meanwhile, for want of "
                                        "room in memory",
                                        lost));
}

void HistoryWriter::note_failure(const Error& error) {
  // A connection that has failed knows less than a new one.
  store_.reset();
  next_commit_ = Clock::now() + pause_;
  next_trim_ = std::max(next_trim_, next_commit_);
  pause_ = std::min(pause_ * 2, settings_.longest_pause);
  const std::string message = fmt::format(
      "{}\nWhat happens is kept in memory meanwhile, up to {} MiB, and written once that works again; it is "
      "tried every {} s at least.",
      error.message, settings_.most_bytes >> 20U,
      std::chrono::ceil<std::chrono::seconds>(settings_.longest_pause).count());
  {
    const base::Guard guard(mutex_);
    const bool is_known = !status_.works();
    status_.trouble = message;
    if (is_known) return;
    status_.trouble_since = wall_clock();
    dropped_before_ = pending_.dropped().all();
  }
  notice_(false, message);
}

}  // namespace lockkeeper::store
