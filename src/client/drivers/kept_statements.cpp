#include "client/drivers/kept_statements.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <iterator>
#include <utility>

#include "client/drivers/commit_words.hpp"
#include "sql/moments.hpp"

namespace lockkeeper::client {
namespace {

// A text beyond this was most likely made by a program, values and all, and never comes again.
constexpr std::size_t longest_text = 32 * 1024;

// Room for the texts seen lately: several for each one kept, so that those that come in turn do not push one another
// out.
constexpr std::size_t least_seen = 256;
constexpr std::size_t most_seen = 64 * 1024;

std::size_t room_for_seen(std::size_t most) {
  return most == 0 ? 0 : std::bit_ceil(std::clamp(std::min(most, most_seen) * 4, least_seen, most_seen));
}

}  // namespace

KeptStatements::KeptStatements(std::size_t most, std::string prefix)
    : most_(most), prefix_(std::move(prefix)), seen_(room_for_seen(most)) {}

KeptStatements::Plan KeptStatements::plan(std::string_view sql, std::string_view reading) {
  if (most_ == 0) return {};
  const auto found = by_text_.find(sql);
  if (found != by_text_.end() && found->second->reading == reading) {
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return {found->second->name, true};
  }
  if (found != by_text_.end()) {
    doom(found->second);
  } else if (!is_worth_preparing(sql)) {
    return {};
  }
  return {prefix_ + std::to_string(next_name_++), false};
}

bool KeptStatements::is_worth_preparing(std::string_view sql) {
  return sql.size() <= longest_text && has_been_seen(sql) && reads_or_writes_rows(sql) && !sql::may_name_a_moment(sql);
}

bool KeptStatements::has_been_seen(std::string_view sql) {
  const std::size_t hash = std::hash<std::string_view>()(sql);
  return std::exchange(seen_[hash % seen_.size()], hash) == hash;
}

// The one thrown out stays on the server until the next is prepared, which takes its name along in the same round trip.
void KeptStatements::keep(std::string_view sql, std::string name, std::string_view reading) {
  by_use_.push_front({std::string(sql), std::move(name), std::string(reading)});
  by_text_.emplace(by_use_.front().sql, by_use_.begin());
  if (by_use_.size() > most_) doom(std::prev(by_use_.end()));
}

void KeptStatements::forget(std::string_view sql) {
  if (const auto found = by_text_.find(sql); found != by_text_.end()) doom(found->second);
}

void KeptStatements::doom(std::list<Entry>::iterator entry) {
  by_text_.erase(entry->sql);
  doomed_.push_back(std::move(entry->name));
  by_use_.erase(entry);
}

void KeptStatements::forget_all() noexcept {
  by_text_.clear();
  by_use_.clear();
  doomed_.clear();
}

void KeptStatements::released(std::size_t count) {
  doomed_.erase(doomed_.begin(), doomed_.begin() + static_cast<std::ptrdiff_t>(std::min(count, doomed_.size())));
}

}  // namespace lockkeeper::client
