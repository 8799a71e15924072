#include "client/keyset_reader.hpp"

#include <algorithm>
#include <charconv>
#include <compare>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace lockkeeper::client {
namespace {

Failure misuse(const KeysetDeclaration& declaration, std::string_view why) {
  return Failure({ErrorCode::misuse, "", fmt::format("{}: {}", declaration.describe(), why), Blast::statement});
}

std::optional<std::int64_t> to_integer(std::string_view cell) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (error != std::errc() || end != cell.data() + cell.size()) return std::nullopt;
  return number;
}

// As the database orders two cells, as far as that is certain without its collations and zones.
std::partial_ordering compare(KeyKind kind, std::string_view left, std::string_view right) {
  if (left == right) return std::partial_ordering::equivalent;
  if (kind == KeyKind::bytes) return left <=> right;
  if (kind != KeyKind::integer) return std::partial_ordering::unordered;
  const auto left_number = to_integer(left);
  const auto right_number = to_integer(right);
  if (!left_number || !right_number) return std::partial_ordering::unordered;
  return *left_number <=> *right_number;
}

// Whether the database can have put `key` after `cursor`.
bool may_be_beyond(const std::vector<KeyColumn>& columns, const Cursor& cursor, const Cursor& key) {
  for (std::size_t index = 0; index < columns.size(); ++index) {
    const auto order = compare(columns[index].kind, cursor[index], key[index]);
    if (order == std::partial_ordering::unordered) return true;
    if (order != 0) return (order < 0) != columns[index].descending;
  }
  return false;
}

// Names and texts may be personal data and are not told; numbers, times and ids are what one looks for.
std::string public_text(KeyKind kind, std::string_view cell) {
  constexpr std::string_view harmless = "0123456789abcdefABCDEF-+:. TZ";
  constexpr std::size_t longest = 40;
  const bool is_public = kind != KeyKind::text && kind != KeyKind::bytes && cell.size() <= longest &&
                         cell.find_first_not_of(harmless) == std::string_view::npos;
  return is_public ? std::string(cell) : "(not shown)";
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  const auto lower = [](char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
  };
  return std::ranges::equal(left, right, {}, lower, lower);
}

}  // namespace

KeysetReader::KeysetReader(std::shared_ptr<const KeysetDeclaration> declaration, PageSource source,
                           std::vector<detail::OwnedParameter> arguments, Cursor after)
    : declaration_(std::move(declaration)),
      source_(std::move(source)),
      arguments_(std::move(arguments)),
      cursor_(std::move(after)) {}

KeysetPage KeysetReader::read() {
  KeysetPage page;
  page.rows_ = run();
  page.declaration_ = declaration_;
  page.size_ = std::min(page.rows_.size(), declaration_->options.page_size);
  page.has_more_ = page.rows_.size() > page.size_;
  if (!page.empty()) {
    const KeyIndexes indexes = find_key(page.rows_);
    require_unique(page.rows_, indexes);
    Cursor last = key_of(page.rows_, indexes, page.size_ - 1);
    require_beyond(key_of(page.rows_, indexes, 0));
    require_beyond(last);
    require_new(last);
    cursor_ = std::move(last);
  }
  page.cursor_ = cursor_;
  return page;
}

Rows KeysetReader::run() {
  if (!engine_) engine_ = source_.engine();
  std::vector<Parameter> parameters = detail::views(arguments_);
  if (!cursor_.empty()) {
    const std::vector<Parameter> after = cursor_parameters(*declaration_, *engine_, cursor_);
    parameters.insert(parameters.end(), after.begin(), after.end());
  }
  const std::string sql = page_statement(*declaration_, *engine_, !cursor_.empty(), arguments_.size());
  return source_.run(sql, parameters);
}

KeysetReader::KeyIndexes KeysetReader::find_key(const Rows& rows) const {
  KeyIndexes indexes;
  for (const KeyColumn& column : declaration_->options.key) {
    const auto& names = rows.columns();
    auto found = std::ranges::find(names, column.name);
    // MySQL and SQLite find columns in any case, and return them in the table's.
    if (found == names.end()) {
      found = std::ranges::find_if(names, [&](const auto& name) { return equal_ignoring_case(name, column.name); });
    }
    if (found == names.end()) {
      throw misuse(*declaration_, fmt::format("the result has no column \"{}\"", column.name));
    }
    indexes.push_back(static_cast<std::size_t>(found - names.begin()));
  }
  return indexes;
}

Cursor KeysetReader::key_of(const Rows& rows, const KeyIndexes& indexes, std::size_t row) const {
  Cursor key;
  key.reserve(indexes.size());
  for (std::size_t index = 0; index < indexes.size(); ++index) {
    const auto cell = rows.cell(row, indexes[index]);
    if (!cell) {
      throw misuse(*declaration_,
                   fmt::format("column \"{}\" is NULL in a row: rows with NULL in their key would be in no page",
                               declaration_->options.key[index].name));
    }
    key.emplace_back(*cell);
  }
  return key;
}

// Two rows with one key side by side: at a page's end the second would silently be left out.
void KeysetReader::require_unique(const Rows& rows, const KeyIndexes& indexes) const {
  Cursor before = key_of(rows, indexes, 0);
  for (std::size_t row = 1; row < rows.size(); ++row) {
    Cursor key = key_of(rows, indexes, row);
    if (key == before) {
      throw misuse(*declaration_,
                   "two rows have the same key: add a column to it that makes it unique, such as the "
                   "primary key");
    }
    before = std::move(key);
  }
}

void KeysetReader::require_beyond(const Cursor& key) const {
  if (!cursor_.empty() && !may_be_beyond(declaration_->options.key, cursor_, key)) throw no_progress();
}

void KeysetReader::require_new(const Cursor& key) {
  if (key == milestone_) throw no_progress();
  if (++pages_ < next_milestone_) return;
  milestone_ = key;
  next_milestone_ *= 2;
}

Failure KeysetReader::no_progress() const {
  std::string at;
  for (std::size_t index = 0; index < cursor_.size(); ++index) {
    const KeyColumn& column = declaration_->options.key[index];
    at += fmt::format("{}{} = {}", index == 0 ? "" : ", ", column.name, public_text(column.kind, cursor_[index]));
  }
  return Failure({ErrorCode::no_progress, "",
                  fmt::format("{}: the page after {} does not lie beyond it, so reading on would never end. The "
                              "database compares the key otherwise than it orders by it: declare every key column "
                              "with the type it has, and leave out of the key what each statement computes anew",
                              declaration_->describe(), at),
                  Blast::statement});
}

}  // namespace lockkeeper::client
