#include "client/drivers/mysql_statements.hpp"

#include <iterator>

#include "base/assert.hpp"

namespace lockkeeper::client::mysql {
namespace {

// Longer texts are not worth their memory: nobody sends them twice (the rows of a bulk insert).
constexpr std::size_t longest_kept_text = 64UL * 1024;

}  // namespace

MYSQL_STMT* Statements::find(std::string_view sql) {
  const auto found = by_text_.find(sql);
  if (found == by_text_.end()) return nullptr;
  const auto entry = found->second;
  if (entry->statement->mysql == nullptr) {  // libmariadb takes the session from statements that it knows to be gone.
    mysql_stmt_close(entry->statement);
    by_text_.erase(found);
    entries_.erase(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->statement;
}

void Statements::keep(std::string_view sql, MYSQL_STMT* statement) {
  entries_.push_front({std::string(sql), statement});
  by_text_[entries_.front().sql] = entries_.begin();
}

bool Statements::close(Entries::iterator entry, Waiter& waiter) {
  MYSQL_STMT* statement = entry->statement;
  by_text_.erase(entry->sql);
  entries_.erase(entry);
  return close_statement(statement, waiter);
}

bool Statements::shrink_to(std::size_t size, Waiter& waiter) {
  while (entries_.size() > size) {
    if (!close(std::prev(entries_.end()), waiter)) return false;
  }
  return true;
}

bool Statements::trim(Waiter& waiter) {
  // Only the newest can be too long.
  const bool too_long = !entries_.empty() && entries_.front().sql.size() > longest_kept_text;
  if (too_long && !close(entries_.begin(), waiter)) return false;
  return shrink_to(capacity_, waiter);
}

bool Statements::drop(std::string_view sql, Waiter& waiter) {
  const auto found = by_text_.find(sql);
  return found == by_text_.end() || close(found->second, waiter);
}

bool Statements::drop_all(Waiter& waiter) { return shrink_to(0, waiter); }

void Statements::forget_all() noexcept {
  by_text_.clear();
  for (const Entry& entry : entries_) {
    LK_ASSERT(entry.statement->mysql == nullptr);  // Or closing it would talk to the server.
    mysql_stmt_close(entry.statement);
  }
  entries_.clear();
}

bool close_statement(MYSQL_STMT* statement, Waiter& waiter) {
  if (statement->mysql == nullptr) {
    mysql_stmt_close(statement);
    return true;
  }
  my_bool failed = 0;  // A session that cannot take it is found lost by the next statement.
  return call(
      statement->mysql, waiter, [&] { return mysql_stmt_close_start(&failed, statement); },
      [&](int events) { return mysql_stmt_close_cont(&failed, statement, events); });
}

}  // namespace lockkeeper::client::mysql
