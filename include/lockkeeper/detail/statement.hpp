// Statements that this library writes itself: names, placeholders, arguments that outlive a call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/parameter.hpp>
#include <lockkeeper/value.hpp>

namespace lockkeeper::detail {

/// A table's or column's name as the engine quotes it, so that nothing in it is SQL: `shop.order` becomes
/// "shop"."order". Throws Failure (`misuse`) where a part is empty, too long for the engine, or holds control
/// characters.
[[nodiscard]] std::string quote_table(Engine engine, std::string_view name);
/// The same for a name of one part, in which a point is a character like others.
[[nodiscard]] std::string quote_column(Engine engine, std::string_view name);

/// Appends the placeholder of the statement's nth parameter, counted from 1: $n on PostgreSQL, ? elsewhere.
void append_placeholder(std::string& sql, Engine engine, std::size_t number);

[[nodiscard]] constexpr bool is_mysql(Engine engine) noexcept {
  return engine == Engine::mysql || engine == Engine::mariadb;
}

/// Throws Failure (`misuse`) where a statement that others are put around is empty or ends with a semicolon. `what`
/// begins the message.
void require_inner_statement(std::string_view what, std::string_view sql);

/// An argument that owns its text, for statements that run later than they are written.
class OwnedParameter {
 public:
  OwnedParameter() = default;  ///< SQL NULL.
  template <class Type>
    requires(!std::is_same_v<Type, OwnedParameter>)
  OwnedParameter(const Type& value) {
    KeptTexts kept;
    assign(bind_value(value, kept));
  }

  /// A view into this object.
  [[nodiscard]] Parameter view() const;

 private:
  void assign(const Parameter& parameter);

  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::byte>, TimePoint> value_;
};

[[nodiscard]] std::vector<Parameter> views(std::span<const OwnedParameter> parameters);

}  // namespace lockkeeper::detail
