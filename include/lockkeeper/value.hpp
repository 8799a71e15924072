// Arguments to parameters, cells to values: what the typed ways of running a statement are made of.
//
// Types and their rules: <lockkeeper/codec.hpp>. The ways themselves: <lockkeeper/queries.hpp>.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <lockkeeper/codec.hpp>
#include <lockkeeper/detail/convert.hpp>
#include <lockkeeper/parameter.hpp>
#include <lockkeeper/rows.hpp>

namespace lockkeeper {

namespace detail {

/// Texts that a conversion made, at addresses that stay until this object goes.
class KeptTexts {
 public:
  Parameter keep(std::string&& text) { return Parameter(std::string_view(texts_.emplace_front(std::move(text)))); }
  Parameter keep(std::vector<std::byte>&& bytes) {
    return Parameter(BytesView(bytes_.emplace_front(std::move(bytes))));
  }
  /// Takes over the other's texts, which stay where they are.
  void take(KeptTexts&& other) {
    texts_.splice_after(texts_.before_begin(), other.texts_);
    bytes_.splice_after(bytes_.before_begin(), other.bytes_);
  }
  void clear() noexcept {
    texts_.clear();
    bytes_.clear();
  }

 private:
  std::forward_list<std::string> texts_;
  std::forward_list<std::vector<std::byte>> bytes_;
};

template <class Type>
inline constexpr bool is_sys_time = false;
template <class Duration>
inline constexpr bool is_sys_time<std::chrono::sys_time<Duration>> = true;

/// What a Codec's `write` gave, as a parameter that points at nothing temporary.
template <class Written>
Parameter keep_written(Written&& written, KeptTexts& kept) {
  using Type = std::remove_cvref_t<Written>;
  if constexpr (std::is_lvalue_reference_v<Written> || std::is_same_v<Type, std::string_view> ||
                std::is_same_v<Type, BytesView>) {
    return Parameter(written);
  } else if constexpr (std::is_same_v<Type, std::string> || std::is_same_v<Type, std::vector<std::byte>>) {
    return kept.keep(std::forward<Written>(written));
  } else if constexpr (is_optional<Type>) {
    return written ? keep_written(*std::forward<Written>(written), kept) : Parameter();
  } else if constexpr (std::is_arithmetic_v<Type> || is_sys_time<Type>) {
    return keep_written(Codec<Type>::write(written), kept);
  } else {
    static_assert(std::is_same_v<Type, Parameter>,
                  "Codec::write must return a Parameter, text, bytes, a number or a time, or an optional of these");
    return written;
  }
}

template <class Type>
Parameter bind_value(const Type& value, KeptTexts& kept) {
  if constexpr (std::is_same_v<Type, Parameter>) {
    return value;
  } else if constexpr (std::is_same_v<Type, std::nullopt_t>) {
    return Parameter();
  } else if constexpr (is_optional<Type>) {
    return value ? bind_value(*value, kept) : Parameter();
  } else {
    static_assert(Writable<Type>, "this type cannot be bound: specialise lockkeeper::Codec for it, with `write`");
    return keep_written(Codec<Type>::write(value), kept);
  }
}

template <class Type>
Type read_present(std::string_view cell) {
  static_assert(
      !std::is_same_v<Type, std::string_view> && !std::is_same_v<Type, const char*> && !std::is_same_v<Type, BytesView>,
      "a view into the row would dangle: read std::string or std::vector<std::byte>");
  static_assert(Readable<Type>, "this type cannot be read: specialise lockkeeper::Codec for it, with `read`");
  return Codec<Type>::read(cell);
}

template <class Type>
struct CellType {
  using type = Type;
};
template <class Inner>
struct CellType<std::optional<Inner>> {
  using type = Inner;
};

template <class Type>
inline constexpr bool is_array = false;
template <class Element>
inline constexpr bool is_array<std::vector<Element>> = !std::is_same_v<Element, std::byte>;

template <class Type>
constexpr std::string_view sql_type_of() {
  if constexpr (requires { std::string_view(Codec<Type>::sql_type); }) return Codec<Type>::sql_type;
  return "the type asked for";
}

/// One cell as a Type. `rows_before`: rows of the same statement that came in earlier chunks, for messages. Throws
/// Failure (`conversion`) with column, row, wanted type and reason, never with the cell itself.
template <class Type>
Type read_cell(const Rows& rows, std::size_t row, std::size_t column, std::uint64_t rows_before = 0) {
  using Inner = typename CellType<Type>::type;
  static_assert(!is_optional<Inner>, "an optional of an optional: SQL has one NULL");
  const auto refuse = [&](std::string_view why) {
    return Failure(unreadable_cell(rows, column, rows_before + row + 1, sql_type_of<Inner>(), why));
  };
  const std::optional<std::string_view> cell = rows.cell(row, column);
  if (!cell) {
    if constexpr (is_optional<Type>) return std::nullopt;
    throw refuse("it is NULL; read std::optional where NULL is expected");
  }
  try {
    return read_present<Inner>(*cell);
  } catch (const Failure& failure) {
    if (failure.error().code != ErrorCode::conversion) throw;
    throw refuse(failure.error().message);
  }
}

template <class... Columns, std::size_t... Index>
std::tuple<Columns...> read_row(const Rows& rows, std::size_t row, std::index_sequence<Index...>,
                                std::uint64_t rows_before = 0) {
  return std::tuple<Columns...>{read_cell<Columns>(rows, row, Index, rows_before)...};
}

template <class... Columns>
void require_columns(const Rows& rows) {
  static_assert(sizeof...(Columns) > 0, "name the columns' types: query<std::int64_t, std::string>(...)");
  if (rows.columns().size() != sizeof...(Columns)) {
    throw Failure(wrong_columns(rows.columns().size(), sizeof...(Columns)));
  }
}

}  // namespace detail

/// Arguments as parameters. Views: the arguments must live as long as this does; what conversion made is kept here.
template <std::size_t Count>
class BoundParameters {
 public:
  template <class... Arguments>
    requires(sizeof...(Arguments) == Count)
  explicit BoundParameters(const Arguments&... arguments) : parameters_{detail::bind_value(arguments, kept_)...} {}
  BoundParameters(const BoundParameters&) = delete;
  BoundParameters& operator=(const BoundParameters&) = delete;

  [[nodiscard]] std::span<const Parameter> view() const noexcept { return parameters_; }

 private:
  detail::KeptTexts kept_;  // Before the parameters, which point into it.
  std::array<Parameter, Count> parameters_;
};

/// PostgreSQL arrays.
template <class Element>
  requires(!std::same_as<Element, std::byte>)
struct Codec<std::vector<Element>> {
  using Inner = typename detail::CellType<Element>::type;
  static_assert(
      std::same_as<Inner, std::vector<std::byte>> || !requires { typename Codec<Inner>::Element; },
      "arrays have one dimension here");

  static constexpr std::string_view sql_type = "array";

  static std::vector<Element> read(std::string_view cell)
    requires Readable<Inner>
  {
    std::vector<Element> elements;
    for (const std::optional<std::string>& text : detail::read_array(cell)) elements.push_back(read_element(text));
    return elements;
  }

  static std::string write(const std::vector<Element>& value)
    requires Writable<Inner>
  {
    std::string array = "{";
    for (const Element& element : value) {
      detail::KeptTexts kept;
      detail::append_element(array, detail::bind_value(element, kept));
    }
    return array += '}';
  }

 private:
  static Element read_element(const std::optional<std::string>& text) {
    if (!text) {
      if constexpr (detail::is_optional<Element>) return std::nullopt;
      throw unreadable("an element is NULL; read std::vector<std::optional<...>> where NULL is expected");
    }
    if constexpr (std::same_as<Inner, std::vector<std::byte>>) return detail::read_hexadecimal(*text);
    return Codec<Inner>::read(*text);
  }
};

}  // namespace lockkeeper
