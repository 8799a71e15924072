#include "sql/tags.hpp"

#include <optional>

#include "sql/characters.hpp"

namespace lockkeeper::sql {
namespace {

int hex_value(char c) noexcept { return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10; }

std::string url_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && is_hex(text[at + 1]) && is_hex(text[at + 2])) {
      decoded += static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
      at += 2;
    } else if (text[at] == '\\' && at + 1 < text.size()) {
      decoded += text[++at];  // sqlcommenter writes \' for a quote
    } else {
      decoded += text[at];
    }
  }
  return decoded;
}

constexpr bool in_key(char c) noexcept { return continues_word(c) || c == '-' || c == '.' || c == '%'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) { skip_space(); }

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  bool skip(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    skip_space();
    return true;
  }

  std::optional<Tag> tag() {
    std::size_t size = 0;
    while (size < rest_.size() && in_key(rest_[size])) ++size;
    if (size == 0) return std::nullopt;
    const std::string_view key = rest_.substr(0, size);
    rest_.remove_prefix(size);
    skip_space();
    if (!skip('=') || rest_.empty() || rest_.front() != '\'') return std::nullopt;
    for (size = 1; size < rest_.size() && rest_[size] != '\''; ++size) {
      if (rest_[size] == '\\') ++size;
    }
    if (size >= rest_.size()) return std::nullopt;
    const std::string_view value = rest_.substr(1, size - 1);
    rest_.remove_prefix(size + 1);
    skip_space();
    return Tag{url_decoded(key), url_decoded(value)};
  }

 private:
  void skip_space() {
    while (!rest_.empty() && class_of(rest_.front()) == Class::space) rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

}  // namespace

void append_tags(std::string_view comment, std::vector<Tag>& tags) {
  Reader reader(comment);
  std::vector<Tag> found;
  do {
    std::optional<Tag> tag = reader.tag();
    if (!tag) return;
    if (tags.size() + found.size() < max_tags) found.push_back(std::move(*tag));
  } while (reader.skip(','));
  if (reader.at_end()) tags.insert(tags.end(), found.begin(), found.end());
}

}  // namespace lockkeeper::sql
