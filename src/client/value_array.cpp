// PostgreSQL's text form of arrays: {1,NULL,"a \"quoted\" one"}.
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <lockkeeper/detail/convert.hpp>

namespace lockkeeper::detail {
namespace {

constexpr std::string_view not_an_array = "it is not an array in PostgreSQL's text form";

class ArrayReader {
 public:
  explicit ArrayReader(std::string_view text) : text_(text) {}

  std::vector<std::optional<std::string>> read() {
    skip_bounds();
    require('{');
    std::vector<std::optional<std::string>> elements;
    if (!skip('}')) {
      do elements.push_back(element());
      while (skip(','));
      require('}');
    }
    if (at_ != text_.size()) throw unreadable(not_an_array);
    return elements;
  }

 private:
  // "[2:4]={...}" where an array does not begin at 1; where it begins is not told.
  void skip_bounds() {
    if (!text_.starts_with('[')) return;
    const std::size_t end = text_.find('=');
    if (end == std::string_view::npos) throw unreadable(not_an_array);
    at_ = end + 1;
  }

  std::optional<std::string> element() {
    if (peek() == '{') throw unreadable("it has more than one dimension");
    if (skip('"')) return quoted();
    const std::size_t end = text_.find_first_of(",}", at_);
    if (end == std::string_view::npos || end == at_) throw unreadable(not_an_array);
    const std::string_view plain = text_.substr(at_, end - at_);
    if (plain.find_first_of("\"\\{") != std::string_view::npos) throw unreadable(not_an_array);
    at_ = end;
    if (plain == "NULL") return std::nullopt;
    return std::string(plain);
  }

  std::string quoted() {
    std::string element;
    while (!skip('"')) {
      skip('\\');
      element += peek();
      ++at_;
    }
    return element;
  }

  [[nodiscard]] char peek() const {
    if (at_ >= text_.size()) throw unreadable(not_an_array);
    return text_[at_];
  }

  bool skip(char expected) {
    if (at_ >= text_.size() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }

  void require(char expected) {
    if (!skip(expected)) throw unreadable(not_an_array);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void append_quoted(std::string& array, std::string_view text) {
  array += '"';
  for (const char character : text) {
    if (character == '"' || character == '\\') array += '\\';
    array += character;
  }
  array += '"';
}

void append_hexadecimal(std::string& array, BytesView bytes) {
  array += "\"\\\\x";
  for (const std::byte byte : bytes) fmt::format_to(std::back_inserter(array), "{:02x}", std::to_integer<int>(byte));
  array += '"';
}

int digit_of(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return -1;
}

}  // namespace

std::vector<std::optional<std::string>> read_array(std::string_view cell) { return ArrayReader(cell).read(); }

void append_element(std::string& array, const Parameter& element) {
  if (array.size() > 1) array += ',';
  const auto append = [&array](const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, std::monostate>) {
      array += "NULL";
    } else if constexpr (std::is_same_v<Value, bool>) {
      array += value ? 't' : 'f';
    } else if constexpr (std::is_same_v<Value, std::string_view>) {
      append_quoted(array, value);
    } else if constexpr (std::is_same_v<Value, BytesView>) {
      append_hexadecimal(array, value);
    } else if constexpr (std::is_same_v<Value, TimePoint>) {
      append_quoted(array, write_time(value));
    } else {
      fmt::format_to(std::back_inserter(array), "{}", value);  // "nan" and "inf" are PostgreSQL's too.
    }
  };
  std::visit(append, element.value());
}

std::vector<std::byte> read_hexadecimal(std::string_view text) {
  if (!text.starts_with("\\x") || text.size() % 2 != 0) {
    throw unreadable("an element is not in bytea's hexadecimal form (set bytea_output to hex)");
  }
  std::vector<std::byte> bytes;
  bytes.reserve(text.size() / 2 - 1);
  for (std::size_t at = 2; at < text.size(); at += 2) {
    const int high = digit_of(text[at]);
    const int low = digit_of(text[at + 1]);
    if (high < 0 || low < 0) throw unreadable("an element is not in bytea's hexadecimal form");
    bytes.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return bytes;
}

}  // namespace lockkeeper::detail
