#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <lockkeeper/detail/statement.hpp>

namespace lockkeeper::detail {
namespace {

// NAMEDATALEN - 1. PostgreSQL cuts longer names off without an error and would find another table; the other engines
// refuse them.
constexpr std::size_t longest_postgres_name = 63;

bool is_control(char character) { return static_cast<unsigned char>(character) < 0x20 || character == 0x7f; }

Failure bad_name(std::string_view why) {
  return Failure({ErrorCode::misuse, "", fmt::format("a name of a table or column {}", why), Blast::statement});
}

void append_quoted(std::string& quoted, Engine engine, std::string_view part) {
  if (part.empty()) throw bad_name("is empty, or has an empty part");
  if (std::ranges::any_of(part, is_control)) throw bad_name("holds a control character");
  if (engine == Engine::postgres && part.size() > longest_postgres_name) {
    throw bad_name(
        fmt::format("is {} bytes long; PostgreSQL cuts names off after {}", part.size(), longest_postgres_name));
  }
  const char quote = is_mysql(engine) ? '`' : '"';
  quoted += quote;
  for (const char character : part) {
    if (character == quote) quoted += quote;
    quoted += character;
  }
  quoted += quote;
}

}  // namespace

std::string quote_table(Engine engine, std::string_view name) {
  std::string quoted;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    if (begin > 0) quoted += '.';
    append_quoted(quoted, engine, name.substr(begin, end - begin));
    begin = end + 1;
  }
  return quoted;
}

std::string quote_column(Engine engine, std::string_view name) {
  std::string quoted;
  append_quoted(quoted, engine, name);
  return quoted;
}

void append_placeholder(std::string& sql, Engine engine, std::size_t number) {
  if (engine == Engine::postgres) {
    fmt::format_to(std::back_inserter(sql), "${}", number);
  } else {
    sql += '?';
  }
}

void require_inner_statement(std::string_view what, std::string_view sql) {
  const std::size_t last = sql.find_last_not_of(" \t\r\n\f\v");
  if (last == std::string_view::npos) {
    throw Failure({ErrorCode::misuse, "", fmt::format("{}: the statement is empty", what), Blast::statement});
  }
  if (sql[last] == ';') {
    throw Failure({ErrorCode::misuse, "", fmt::format("{}: the statement must not end with a semicolon", what),
                   Blast::statement});
  }
}

void OwnedParameter::assign(const Parameter& parameter) {
  const auto own = [this](const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, std::string_view>) {
      value_ = std::string(value);
    } else if constexpr (std::is_same_v<Value, BytesView>) {
      value_ = std::vector<std::byte>(value.begin(), value.end());
    } else {
      value_ = value;
    }
  };
  std::visit(own, parameter.value());
}

Parameter OwnedParameter::view() const {
  const auto look = [](const auto& value) -> Parameter {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, std::monostate>)
      return {};
    else if constexpr (std::is_same_v<Value, std::vector<std::byte>>)
      return BytesView(value);
    else
      return value;
  };
  return std::visit(look, value_);
}

std::vector<Parameter> views(std::span<const OwnedParameter> parameters) {
  std::vector<Parameter> views;
  views.reserve(parameters.size());
  for (const OwnedParameter& parameter : parameters) views.push_back(parameter.view());
  return views;
}

}  // namespace lockkeeper::detail
