#include "client/keyset_declaration.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <lockkeeper/detail/statement.hpp>

namespace lockkeeper::client {
namespace {

// One page is held in memory as a whole.
constexpr std::size_t most_rows = 100'000;

// No index has more columns (PostgreSQL's limit is 32, MySQL's 16).
constexpr std::size_t most_key_columns = 16;

constexpr std::size_t uuid_bytes = 16;

Failure bad_options(std::string_view why) {
  return Failure({ErrorCode::misuse, "", fmt::format("keyset: {}", why), Blast::statement});
}

void check_key(const std::vector<KeyColumn>& key) {
  if (key.empty() || key.size() > most_key_columns) {
    throw bad_options(fmt::format("a key has 1 to {} columns, not {}", most_key_columns, key.size()));
  }
  std::set<std::string_view> names;
  for (const KeyColumn& column : key) {
    // Names that every engine can take: which one it will be is not known yet.
    static_cast<void>(detail::quote_column(Engine::postgres, column.name));
    if (!names.insert(column.name).second) throw bad_options("a column is in the key twice: " + column.name);
  }
}

void check(const KeysetOptions& options) {
  if (options.table.empty() == options.select.empty()) throw bad_options("give either a table or a select");
  if (!options.table.empty()) static_cast<void>(detail::quote_table(Engine::postgres, options.table));
  if (!options.select.empty()) detail::require_inner_statement("keyset", options.select);
  if (options.page_size < 1 || options.page_size > most_rows) {
    throw bad_options(fmt::format("a page has 1 to {} rows, not {}", most_rows, options.page_size));
  }
  check_key(options.key);
}

// FNV-1a: the same in every process and version, which std::hash does not promise. Not against forgery, which gains
// nothing: a forged cursor is a place in a result that the caller may read anyway.
class Identity {
 public:
  void add(std::string_view text) {
    for (const char character : text) add_byte(static_cast<unsigned char>(character));
    add_byte(0);  // So that "ab", "c" is not "a", "bc".
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

std::uint64_t identity_of(const KeysetOptions& options) {
  Identity identity;
  identity.add(options.table);
  identity.add(options.select);
  for (const KeyColumn& column : options.key) {
    identity.add(column.name);
    identity.add(std::string{static_cast<char>(column.kind), column.descending ? 'd' : 'a'});
  }
  return identity.value();
}

bool has_one_direction(const std::vector<KeyColumn>& key) {
  return std::ranges::all_of(key, [&](const KeyColumn& column) { return column.descending == key[0].descending; });
}

// (a, b) > (x, y) is one range of an index on PostgreSQL and SQLite; MySQL and MariaDB scan for it, and mixed
// directions have no such form.
bool compares_rows(const std::vector<KeyColumn>& key, Engine engine) {
  return key.size() > 1 && has_one_direction(key) && !detail::is_mysql(engine);
}

class Condition {
 public:
  Condition(const std::vector<KeyColumn>& key, Engine engine, std::size_t arguments)
      : key_(key), engine_(engine), number_(arguments) {}

  std::string write() && {
    if (compares_rows(key_, engine_)) {
      write_rows();
    } else {
      write_expanded();
    }
    return std::move(sql_);
  }

 private:
  void write_rows() {
    sql_ += '(';
    for (std::size_t index = 0; index < key_.size(); ++index) {
      if (index > 0) sql_ += ", ";
      name(index);
    }
    sql_ += key_[0].descending ? ") < (" : ") > (";
    for (std::size_t index = 0; index < key_.size(); ++index) {
      if (index > 0) sql_ += ", ";
      value();
    }
    sql_ += ')';
  }

  // a >= x AND (a > x OR (a = x AND (b > y OR (b = y AND c > z)))): the first part, which follows from the rest, is
  // the range that an index can begin at.
  void write_expanded() {
    if (key_.size() > 1) {
      name(0);
      sql_ += key_[0].descending ? " <= " : " >= ";
      value();
      sql_ += " AND (";
    }
    for (std::size_t index = 0; index < key_.size(); ++index) {
      name(index);
      sql_ += key_[index].descending ? " < " : " > ";
      value();
      if (index + 1 == key_.size()) break;
      sql_ += " OR (";
      name(index);
      sql_ += " = ";
      value();
      sql_ += " AND (";
    }
    if (key_.size() > 1) sql_.append(2 * (key_.size() - 1) + 1, ')');
  }

  void name(std::size_t index) { sql_ += detail::quote_column(engine_, key_[index].name); }
  void value() { detail::append_placeholder(sql_, engine_, ++number_); }

  const std::vector<KeyColumn>& key_;
  Engine engine_;
  std::size_t number_;
  std::string sql_;
};

// MySQL compares a BIGINT with a text as floating numbers, and SQLite finds every text greater than any number; so
// integers are bound as such. Times are bound as the text they came as, which is the form they are compared in where
// the engine has no type for them. PostgreSQL infers every type.
Parameter to_parameter(KeyKind kind, const std::string& cell) {
  if (kind == KeyKind::bytes || (kind == KeyKind::uuid && cell.size() == uuid_bytes)) {
    return std::as_bytes(std::span(cell));
  }
  if (kind == KeyKind::integer) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
    // Beyond 63 bits (MySQL's BIGINT UNSIGNED) the text has to do.
    if (error == std::errc() && end == cell.data() + cell.size()) return number;
  }
  return cell;
}

}  // namespace

std::string KeysetDeclaration::describe() const {
  std::string text = "keyset";
  const std::string& name = options.name.empty() ? options.table : options.name;
  if (!name.empty()) text += fmt::format(" \"{}\"", name);
  for (const KeyColumn& column : options.key) {
    text += &column == &options.key.front() ? " by " : ", ";
    text += column.name;
    if (column.descending) text += " descending";
  }
  return text;
}

KeysetDeclaration declare(KeysetOptions options) {
  check(options);
  const std::uint64_t identity = identity_of(options);
  return {std::move(options), identity};
}

std::string page_statement(const KeysetDeclaration& declaration, Engine engine, bool after, std::size_t arguments) {
  const KeysetOptions& options = declaration.options;
  std::string sql = "SELECT * FROM ";
  if (options.select.empty()) {
    sql += detail::quote_table(engine, options.table);
  } else {
    // On lines of its own: it may end with a comment.
    sql += fmt::format("(\n{}\n) AS lockkeeper_page", options.select);
  }
  if (after) sql += " WHERE " + Condition(options.key, engine, arguments).write();
  for (const KeyColumn& column : options.key) {
    sql += &column == &options.key.front() ? " ORDER BY " : ", ";
    sql += detail::quote_column(engine, column.name);
    if (column.descending) sql += " DESC";
  }
  return sql += fmt::format(" LIMIT {}", options.page_size + 1);
}

std::vector<Parameter> cursor_parameters(const KeysetDeclaration& declaration, Engine engine, const Cursor& cursor) {
  const std::vector<KeyColumn>& key = declaration.options.key;
  std::vector<Parameter> parameters;
  const auto add = [&](std::size_t index) { parameters.push_back(to_parameter(key[index].kind, cursor[index])); };
  const bool is_expanded = key.size() > 1 && !compares_rows(key, engine);
  if (is_expanded) add(0);
  for (std::size_t index = 0; index < key.size(); ++index) {
    add(index);
    if (is_expanded && index + 1 < key.size()) add(index);
  }
  return parameters;
}

}  // namespace lockkeeper::client
