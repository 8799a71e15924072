#include "client/drivers/postgres_results.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <new>
#include <string_view>

#include "client/drivers/commit_words.hpp"

namespace lockkeeper::client {
namespace {

constexpr Oid bytea_type = 17;  // pg_type.oid, which never changes.

using PgBytes = std::unique_ptr<unsigned char, Releaser<PQfreemem>>;

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  return (letter | 0x20) - 'a' + 10;
}

// `\x` and two digits a byte: what every server sends unless bytea_output says otherwise.
std::string from_hex(std::string_view digits) {
  std::string bytes(digits.size() / 2, '\0');
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    bytes[index] = static_cast<char>(hex_digit(digits[2 * index]) * 16 + hex_digit(digits[2 * index + 1]));
  }
  return bytes;
}

std::string_view field(const PGresult* error, int name) {
  const char* text = PQresultErrorField(error, name);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

}  // namespace

std::string bytes_of(const char* bytea_text) {
  const std::string_view text(bytea_text);
  if (text.starts_with("\\x")) return from_hex(text.substr(2));
  std::size_t length = 0;
  const PgBytes bytes(PQunescapeBytea(reinterpret_cast<const unsigned char*>(bytea_text), &length));
  if (!bytes) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(bytes.get()), length};
}

std::vector<std::string> column_names(const PGresult* result) {
  std::vector<std::string> names;
  for (int column = 0, count = PQnfields(result); column < count; ++column) {
    names.emplace_back(PQfname(result, column));
  }
  return names;
}

void append_rows(Rows& rows, const PGresult* result) {
  const int columns = PQnfields(result);
  for (int row = 0, count = PQntuples(result); row < count; ++row) {
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        rows.append(std::nullopt);
      } else if (PQftype(result, column) == bytea_type) {
        rows.append(bytes_of(PQgetvalue(result, row, column)));
      } else {
        const auto length = static_cast<std::size_t>(PQgetlength(result, row, column));
        rows.append(std::string_view(PQgetvalue(result, row, column), length));
      }
    }
  }
}

std::uint64_t affected_rows(PGresult* result) {
  const std::string_view count = PQcmdTuples(result);
  std::uint64_t number = 0;
  std::from_chars(count.data(), count.data() + count.size(), number);
  return number;
}

bool is_silent_rollback(std::string_view sql, PGresult* result) {
  return std::string_view(PQcmdStatus(result)) == "ROLLBACK" && ends_transaction_with_commit(sql);
}

bool discards_prepared_statements(PGresult* result) {
  const std::string_view tag = PQcmdStatus(result);
  return tag == "DISCARD ALL" || tag == "DEALLOCATE ALL";
}

bool is_unknown_statement(std::string_view sqlstate) { return sqlstate == "26000"; }

// The types of its parameters are those of its first time: a column made text refuses the text that it would take now,
// as `invalid input syntax for type integer`. What fails inside a function (it has a context, where that is not just
// the parameter, `$1`) fails anew whenever it runs.
bool may_be_stale(const PGresult* error) {
  constexpr std::array<std::string_view, 4> values{"22P02", "22003", "22007", "22008"};
  const std::string_view sqlstate = field(error, PG_DIAG_SQLSTATE);
  if (is_unknown_statement(sqlstate)) return true;
  const std::string_view context = field(error, PG_DIAG_CONTEXT);
  if (!context.empty() && !context.contains('$')) return false;
  // "Cached plan must not change result type" is one of many that are merely not supported.
  if (sqlstate == "0A000") return field(error, PG_DIAG_SOURCE_FUNCTION) == "RevalidateCachedQuery";
  const bool is_about_names_or_types = sqlstate.starts_with("42") && sqlstate != "42501";
  return is_about_names_or_types || std::ranges::find(values, sqlstate) != values.end();
}

}  // namespace lockkeeper::client
