#include "client/drivers/sqlite_statement.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "client/drivers/sqlite_cells.hpp"
#include "client/drivers/sqlite_errors.hpp"

namespace lockkeeper::client::sqlite {
namespace {

// The number in `$2`, or nothing.
std::optional<int> number_in(std::string_view name) {
  int number = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + 1, end, number);
  if (error != std::errc() || stop != end || number < 1) return std::nullopt;
  return number;
}

Failure unknown_name(std::string_view name) {
  std::string words = "parameters are bound by number: write ?, ?1 or $1, not " + std::string(name);
  // For SQLite, as for Tcl, two colons belong to the name.
  if (name.contains("::")) words += " (a type goes into CAST($1 AS ...))";
  return Failure(misuse(words));
}

int bind_text(sqlite3_stmt* statement, int index, std::string_view text, sqlite3_destructor_type owner) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* begin = text.empty() ? "" : text.data();
  return sqlite3_bind_text64(statement, index, begin, text.size(), owner, SQLITE_UTF8);
}

int bind_bytes(sqlite3_stmt* statement, int index, BytesView bytes) {
  if (bytes.empty()) return sqlite3_bind_zeroblob(statement, index, 0);
  return sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_STATIC);
}

int bind_double(sqlite3_stmt* statement, int index, double value) {
  // SQLite would store NULL for it, and say nothing.
  return std::isnan(value) ? SQLITE_MISMATCH : sqlite3_bind_double(statement, index, value);
}

int bind_time(sqlite3_stmt* statement, int index, TimePoint time) {
  TextRoom room;
  return bind_text(statement, index, text_of(time, room), SQLITE_TRANSIENT);
}

int bind_one(sqlite3_stmt* statement, int index, const Parameter& parameter) {
  const auto bind = [=](const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, std::monostate>) {
      return SQLITE_OK;  // What is not bound is NULL.
    } else if constexpr (std::is_same_v<Value, bool>) {
      return sqlite3_bind_int(statement, index, value ? 1 : 0);
    } else if constexpr (std::is_same_v<Value, std::int64_t>) {
      return sqlite3_bind_int64(statement, index, value);
    } else if constexpr (std::is_same_v<Value, double>) {
      return bind_double(statement, index, value);
    } else if constexpr (std::is_same_v<Value, std::string_view>) {
      return bind_text(statement, index, value, SQLITE_STATIC);
    } else if constexpr (std::is_same_v<Value, BytesView>) {
      return bind_bytes(statement, index, value);
    } else {
      return bind_time(statement, index, value);
    }
  };
  return std::visit(bind, parameter.value());
}

Failure not_bound(std::size_t number, int outcome) {
  const std::string why = outcome == SQLITE_MISMATCH ? "SQLite has no NaN" : sqlite3_errstr(outcome);
  return Failure({ErrorCode::conversion, "", "parameter " + std::to_string(number) + " cannot be bound: " + why,
                  Blast::statement});
}

std::string counted(std::size_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

}  // namespace

// SQLite numbers placeholders by their first appearance; `?2` is number 2, but `$2` is only a name to it.
Placeholders placeholders_of(sqlite3_stmt* statement) {
  const int count = sqlite3_bind_parameter_count(statement);
  Placeholders found{.wanted = count};
  bool has_question_mark = false;
  for (int index = 1; index <= count; ++index) {
    const char* name = sqlite3_bind_parameter_name(statement, index);
    if (name == nullptr || *name == '?') {
      has_question_mark = true;
      continue;
    }
    const auto number = *name == '$' ? number_in(name) : std::nullopt;
    if (!number) throw unknown_name(name);
    found.numbers.push_back(*number);
  }
  if (found.numbers.empty()) return found;
  if (has_question_mark) throw Failure(misuse("placeholders are ? or $1, not both in one statement"));
  found.wanted = std::ranges::max(found.numbers);
  return found;
}

PreparedStatement::PreparedStatement(std::string_view sql, StatementHandle handle)
    : sql_(sql),
      handle_(std::move(handle)),
      placeholders_(placeholders_of(handle_.get())),
      only_reads_(sqlite3_stmt_readonly(handle_.get()) != 0),
      has_columns_(sqlite3_column_count(handle_.get()) > 0) {}

void PreparedStatement::bind(std::span<const Parameter> parameters) {
  if (parameters.size() != static_cast<std::size_t>(placeholders_.wanted)) {
    const auto wanted = static_cast<std::size_t>(placeholders_.wanted);
    throw Failure(misuse("the statement takes " + counted(wanted, "parameter") + ", " +
                         (parameters.empty() ? "none" : std::to_string(parameters.size())) + " given"));
  }
  const auto& numbers = placeholders_.numbers;
  const std::size_t count = numbers.empty() ? parameters.size() : numbers.size();
  for (std::size_t place = 0; place < count; ++place) {
    const std::size_t which = numbers.empty() ? place : static_cast<std::size_t>(numbers[place] - 1);
    const int outcome = bind_one(handle_.get(), static_cast<int>(place + 1), parameters[which]);
    if (outcome != SQLITE_OK) throw not_bound(which + 1, outcome);
  }
}

const std::vector<std::string>& PreparedStatement::columns() {
  sqlite3_stmt* statement = handle_.get();
  const int preparations = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_REPREPARE, 0);
  if (preparations == preparations_) return columns_;
  columns_.clear();
  for (int column = 0, count = sqlite3_column_count(statement); column < count; ++column) {
    const char* name = sqlite3_column_name(statement, column);
    columns_.emplace_back(name == nullptr ? "" : name);
  }
  preparations_ = preparations;
  return columns_;
}

}  // namespace lockkeeper::client::sqlite
