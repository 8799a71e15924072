#include "track/mysql/asked.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace lockkeeper::track::mysql {
namespace {

// What an idle client may keep: most never have more than a few commands under way.
constexpr std::size_t kept_capacity = 4;

bool is_commit(const model::StatementPtr& statement) noexcept {
  return statement && statement->kind == sql::StatementKind::commit;
}

}  // namespace

bool Asked::runs() const noexcept {
  using enum wire::mysql::Command;
  return command == query || command == execute || command == bulk_execute;
}

bool Asked::commits() const noexcept {
  if (!runs()) return false;
  return parts ? std::ranges::any_of(*parts, is_commit, &Part::statement) : is_commit(statement);
}

void AskedQueue::push(Asked asked) {
  if (head_ > 0 && items_.size() == items_.capacity()) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  items_.push_back(std::move(asked));
}

Asked AskedQueue::pop() {
  LK_ASSERT(!empty());
  Asked first = std::exchange(items_[head_], {});
  if (++head_ == items_.size()) clear();
  return first;
}

void AskedQueue::clear() noexcept {
  head_ = 0;
  if (items_.capacity() > kept_capacity) {
    std::vector<Asked>().swap(items_);
  } else {
    items_.clear();
  }
}

}  // namespace lockkeeper::track::mysql
