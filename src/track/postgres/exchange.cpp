#include "track/postgres/exchange.hpp"

#include <utility>

#include "base/assert.hpp"

namespace lockkeeper::track::postgres {
namespace {

// What an idle client may keep: most never have more than a handful of messages under way.
constexpr std::size_t kept_capacity = 8;

}  // namespace

Expected& Exchange::push(Expected expected) {
  if (head_ > 0 && items_.size() == items_.capacity()) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  if (expected.ends_with_ready()) ++batches_;
  items_.push_back(std::move(expected));
  if (items_.back().kind == Expect::query) last_changes_unnamed();
  return items_.back();
}

void Exchange::last_changes_unnamed() noexcept {
  items_.back().changes_unnamed = true;
  ++unnamed_changes_;
}

void Exchange::pop() noexcept {
  LK_ASSERT(!empty());
  if (front().ends_with_ready()) --batches_;
  if (front().changes_unnamed) --unnamed_changes_;
  if (head_ + 1 == items_.size()) return clear();
  items_[head_++] = Expected();
}

void Exchange::clear() noexcept {
  head_ = batches_ = unnamed_changes_ = 0;
  if (items_.capacity() > kept_capacity) {
    std::vector<Expected>().swap(items_);
  } else {
    items_.clear();
  }
}

bool Exchange::skip_to_sync(std::vector<Expected>& skipped) {
  while (!empty() && front().kind != Expect::sync) {
    skipped.push_back(std::move(front()));
    pop();
  }
  return !empty();
}

void Exchange::note_copy_end() noexcept {
  if (!empty()) ++items_.back().copy_ends;
}

Exchange::CopyBegun Exchange::begin_copy() {
  LK_ASSERT(!empty());
  std::uint32_t ends = front().copy_ends;
  std::size_t at = head_ + 1;
  std::size_t kept = at;
  for (; at < items_.size() && ends == 0; ++at) {
    if (items_[at].kind == Expect::sync) {
      ends = items_[at].copy_ends;  // Sent behind the Sync that goes.
    } else {
      if (kept != at) items_[kept] = std::move(items_[at]);
      ++kept;
    }
  }
  const CopyBegun begun{ends > 0, at - kept};
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(kept), items_.begin() + static_cast<std::ptrdiff_t>(at));
  batches_ -= begun.syncs;
  front().copy_ends = begun.is_ended ? ends - 1 : 0;
  return begun;
}

}  // namespace lockkeeper::track::postgres
