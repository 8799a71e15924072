#include "collect/mysql/still_as_guarded.hpp"

namespace lockkeeper::collect::mysql {
namespace {

bool same(model::WallTime one, model::WallTime other) { return std::chrono::abs(one - other) <= same_time; }

}  // namespace

bool still_as(const model::Guard& guard, const model::Session& session) {
  if (session.id != guard.session || session.state != guard.state) return false;
  if (!session.state_changed_at || !guard.state_changed_at) return false;
  if (!same(*session.state_changed_at, *guard.state_changed_at)) return false;
  if (!session.transaction || !guard.transaction_started_at)
    return session.transaction.has_value() == guard.transaction_started_at.has_value();
  return same(session.transaction->started_at, *guard.transaction_started_at);
}

std::optional<model::Rollback> RollbackWatch::see(const model::Session& session,
                                                  std::chrono::steady_clock::time_point now) {
  advanced_ = false;
  if (!session.transaction || !session.transaction->rolling_back) return std::nullopt;
  const std::int64_t rows = session.transaction->rows_modified.value_or(0);
  if (!first_rows_) {
    first_rows_ = rows;
    first_seen_ = now;
    advanced_ = true;
  } else {
    advanced_ = rows < last_rows_;
  }
  last_rows_ = rows;
  model::Rollback rollback{
      session_, rows, *first_rows_, std::chrono::duration_cast<model::Duration>(now - first_seen_), {}};
  const std::int64_t undone = *first_rows_ - rows;
  if (undone > 0)
    rollback.remaining = model::Duration(static_cast<std::int64_t>(
        static_cast<double>(rollback.elapsed.count()) * static_cast<double>(rows) / static_cast<double>(undone)));
  return rollback;
}

}  // namespace lockkeeper::collect::mysql
