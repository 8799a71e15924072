#include "client/drivers/sqlite_pragmas.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "client/drivers/sqlite_errors.hpp"
#include "client/drivers/sqlite_words.hpp"

namespace lockkeeper::client::sqlite {
namespace {

using Values = std::map<std::string, std::string>;

// What SQLite takes; any other word it takes for "off", silently.
constexpr std::array<std::string_view, 8> switched{"on", "off", "yes", "no", "true", "false", "1", "0"};
constexpr std::array<std::string_view, 9> secure{"on", "off", "yes", "no", "true", "false", "1", "0", "fast"};
constexpr std::array<std::string_view, 6> journals{"delete", "truncate", "persist", "memory", "wal", "off"};
constexpr std::array<std::string_view, 8> syncs{"off", "normal", "full", "extra", "0", "1", "2", "3"};
constexpr std::array<std::string_view, 2> lockings{"normal", "exclusive"};
constexpr std::array<std::string_view, 6> stores{"default", "file", "memory", "0", "1", "2"};
constexpr std::array<std::string_view, 6> vacuums{"none", "full", "incremental", "0", "1", "2"};

struct Vocabulary {
  std::string_view pragma;
  std::span<const std::string_view> words;
};
constexpr std::array<Vocabulary, 18> vocabularies{{{"automatic_index", switched},
                                                   {"auto_vacuum", vacuums},
                                                   {"case_sensitive_like", switched},
                                                   {"cell_size_check", switched},
                                                   {"checkpoint_fullfsync", switched},
                                                   {"defer_foreign_keys", switched},
                                                   {"foreign_keys", switched},
                                                   {"fullfsync", switched},
                                                   {"ignore_check_constraints", switched},
                                                   {"journal_mode", journals},
                                                   {"locking_mode", lockings},
                                                   {"query_only", switched},
                                                   {"read_uncommitted", switched},
                                                   {"recursive_triggers", switched},
                                                   {"secure_delete", secure},
                                                   {"synchronous", syncs},
                                                   {"temp_store", stores},
                                                   {"trusted_schema", switched}}};

// As this library was built. Asked of a database in memory, so that a typing error creates no file.
std::set<std::string> read_pragma_names() {
  std::set<std::string> names;
  sqlite3* database = nullptr;
  const int opened = sqlite3_open(":memory:", &database);
  const Database owner(database);
  sqlite3_stmt* statement = nullptr;
  if (opened == SQLITE_OK) sqlite3_prepare_v2(database, "PRAGMA pragma_list", -1, &statement, nullptr);
  const StatementHandle statement_owner(statement);
  while (statement != nullptr && sqlite3_step(statement) == SQLITE_ROW) {
    names.emplace(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
  }
  return names;
}

const std::set<std::string>& pragma_names() {
  static const std::set<std::string> names = read_pragma_names();
  return names;
}

// How many letters must be put in, left out or changed (Levenshtein).
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t changed = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string nearest_name(std::string_view name) {
  std::vector<std::string> candidates = option_names();
  candidates.insert(candidates.end(), pragma_names().begin(), pragma_names().end());
  return std::ranges::min(candidates, {}, [name](const std::string& candidate) { return distance(name, candidate); });
}

bool is_identifier(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
  });
}

bool is_about_encryption(std::string_view name) {
  constexpr std::array<std::string_view, 6> names{"key", "hexkey", "textkey", "password", "rekey", "passphrase"};
  return std::ranges::find(names, name) != names.end();
}

std::optional<Error> complaint_about(const std::string& name, const std::string& value) {
  if (!is_identifier(name) || value.contains('\0')) {
    return configuration_error("an option's name is not that of a pragma, or its value holds a zero byte");
  }
  if (name == "busy_timeout") {
    return configuration_error("busy_timeout cannot be set: every call waits for locks until its own deadline");
  }
  if (!pragma_names().empty() && !pragma_names().contains(name)) {
    if (is_about_encryption(name)) return configuration_error("this SQLite library has no encryption: " + name);
    const auto options = option_names();
    if (std::ranges::find(options, name) != options.end()) {
      return configuration_error("option " + name + " belongs into the URL: it is not a pragma");
    }
    return configuration_error("\"" + name +
                               "\" is neither an option nor a pragma of this SQLite library; did you mean \"" +
                               nearest_name(name) + "\"?");
  }
  const auto known = std::ranges::find(vocabularies, name, &Vocabulary::pragma);
  if (known == vocabularies.end() || std::ranges::find(known->words, in_lower_case(value)) != known->words.end()) {
    return std::nullopt;
  }
  std::string words;
  for (const std::string_view word : known->words) words += (words.empty() ? "" : ", ") + std::string(word);
  return configuration_error("pragma " + name + " is one of " + words + ", not \"" + value + "\"");
}

std::string statement_of(const std::string& name, std::string_view value) {
  std::string text = "PRAGMA " + name + "='";
  for (const char character : value) text += character == '\'' ? std::string("''") : std::string(1, character);
  return text + "'";
}

std::string taken_out(Values& values, const std::string& name, std::string otherwise) {
  const auto node = values.extract(name);
  return node.empty() ? std::move(otherwise) : in_lower_case(node.mapped());
}

}  // namespace

// A new database's page size and encoding hold only if they are set before anything is written, which journal_mode
// does; and nothing can be written once query_only is set.
Result<Pragmas> pragmas_of(const Location& location, const Target& target) {
  Values values{{"foreign_keys", "on"}};
  for (const auto& [name, value] : location.pragmas) values[name] = value;
  for (const auto& [name, value] : target.settings) values[in_lower_case(name)] = value;
  for (const auto& [name, value] : values) {
    if (auto complaint = complaint_about(name, value)) return std::unexpected(std::move(*complaint));
  }
  Pragmas pragmas;
  pragmas.journal_mode = taken_out(values, "journal_mode", "");
  const std::string query_only = taken_out(values, "query_only", "off");
  pragmas.query_only = query_only == "on" || query_only == "yes" || query_only == "true" || query_only == "1";
  for (const auto& [name, value] : values) pragmas.statements.push_back(statement_of(name, value));
  return pragmas;
}

}  // namespace lockkeeper::client::sqlite
