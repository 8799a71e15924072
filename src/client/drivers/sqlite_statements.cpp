#include "client/drivers/sqlite_statements.hpp"

#include <utility>

#include "client/drivers/sqlite_words.hpp"

namespace lockkeeper::client::sqlite {
namespace {

// A text beyond this was most likely made by a program, values and all, and never comes again.
constexpr std::size_t longest_text = 32 * 1024;

// Many pragmas act when they are prepared, and would do nothing when they are run again. Others come once.
bool is_worth_keeping(std::string_view sql) noexcept {
  const Verb verb = verb_of(sql);
  return sql.size() <= longest_text && verb != Verb::pragma && verb != Verb::other;
}

}  // namespace

PreparedStatement* Statements::find(std::string_view sql) noexcept {
  const auto found = by_text_.find(sql);
  if (found == by_text_.end()) return nullptr;
  const auto entry = found->second;
  if (entry != by_use_.begin()) by_use_.splice(by_use_.begin(), by_use_, entry);
  return entry->get();
}

StatementInUse Statements::keep(std::unique_ptr<PreparedStatement> statement) {
  PreparedStatement* const used = statement.get();
  if (most_ == 0 || !is_worth_keeping(used->sql())) return {used, std::move(statement)};
  if (by_use_.size() == most_) {
    by_text_.erase(by_use_.back()->sql());
    by_use_.pop_back();
  }
  by_use_.push_front(std::move(statement));
  by_text_.emplace(used->sql(), by_use_.begin());
  return {used, {}};
}

void Statements::forget_all() noexcept {
  by_text_.clear();
  by_use_.clear();
}

}  // namespace lockkeeper::client::sqlite
