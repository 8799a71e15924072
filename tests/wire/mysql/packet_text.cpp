#include "wire/mysql/packet_text.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <vector>

#include "wire/mysql/layouts.hpp"

namespace lockkeeper::testing::mysql {
namespace {

constexpr std::size_t most_described = 65'536;  // A longer packet may go on, and nobody reads it.
constexpr std::string_view hex_digits = "0123456789abcdef";

[[noreturn]] void refuse(std::string_view what, std::string_view at) {
  throw std::runtime_error(std::string(what) + " at: " + std::string(at.substr(0, 60)));
}

void put_number(std::string& out, std::uint64_t number, std::size_t size) {
  for (std::size_t byte = 0; byte < size; ++byte) out += static_cast<char>(number >> (byte * 8));
}

void put_length(std::string& out, std::uint64_t number) {
  if (number < 251) return put_number(out, number, 1);
  const std::size_t size = number < 0x10000 ? 2 : number < 0x1000000 ? 3 : 8;
  out += size == 2 ? '\xfc' : size == 3 ? '\xfd' : '\xfe';
  put_number(out, number, size);
}

std::size_t number_size(char form) {
  constexpr std::string_view forms = "chtiq";
  constexpr std::size_t sizes[] = {1, 2, 3, 4, 8};
  const std::size_t found = forms.find(form);
  return found == std::string_view::npos ? 0 : sizes[found];
}

struct Field {
  std::string_view name, form;

  [[nodiscard]] std::size_t fixed() const {
    return form[0] >= '0' && form[0] <= '9' ? std::stoul(std::string(form)) : 0;
  }
  [[nodiscard]] char constant() const {
    return static_cast<char>(std::stoul(std::string(form.substr(1)), nullptr, 16));
  }
};

std::vector<Field> fields_of(std::string_view text) {
  std::vector<Field> fields;
  while (!text.empty()) {
    const std::string_view field = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(field.size() + 1, text.size()));
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos) {
      fields.push_back({{}, field});
    } else {
      fields.push_back({field.substr(0, colon), field.substr(colon + 1)});
    }
  }
  return fields;
}

// --- Text to bytes ---

class LineParser {
 public:
  explicit LineParser(std::string_view line) : rest_(line) {}

  std::string_view word() {
    skip_spaces();
    return take(std::min(rest_.find_first_of(" ="), rest_.size()));
  }

  std::uint64_t number() {
    skip_spaces();
    std::uint64_t value = 0;
    const auto read = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (read.ec != std::errc()) refuse("expected a number", rest_);
    rest_.remove_prefix(static_cast<std::size_t>(read.ptr - rest_.data()));
    return value;
  }

  bool at_end() {
    skip_spaces();
    return rest_.empty();
  }

  void field(const Field& field, std::string& out) {
    if (field.form.front() == '=') {
      out += field.constant();
      return;
    }
    expect(field.name);
    expect("=");
    const char form = field.form.front();
    if (const std::size_t size = number_size(form); size > 0) return put_number(out, number(), size);
    switch (form) {
      case 'l': put_length(out, number()); break;
      case 'z': out += quoted() + '\0'; break;
      case 's': sized(out); break;
      case 'C': cells(out); break;
      default: out += quoted(); break;
    }
  }

 private:
  std::string_view take(std::size_t length) {
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  void skip_spaces() {
    while (rest_.starts_with(" ")) rest_.remove_prefix(1);
  }

  void expect(std::string_view token) {
    skip_spaces();
    if (!rest_.starts_with(token)) refuse("expected " + std::string(token), rest_);
    rest_.remove_prefix(token.size());
  }

  // One character, escaped or not.
  char character() {
    if (rest_.empty()) refuse("expected a character", rest_);
    const char first = take(1).front();
    if (first != '\\') return first;
    const char escape = rest_.empty() ? '\0' : take(1).front();
    if (escape == 'n') return '\n';
    if (escape != 'x') return escape;
    const std::string_view digits = take(2);
    if (digits.size() != 2) refuse("expected two digits", rest_);
    return static_cast<char>(hex_digits.find(digits[0]) * 16 + hex_digits.find(digits[1]));
  }

  std::string quoted() {
    expect("\"");
    std::string text;
    while (!rest_.starts_with("\"")) text += character();
    expect("\"");
    return text;
  }

  void sized(std::string& out) {
    const std::string text = quoted();
    put_length(out, text.size());
    out += text;
  }

  void cells(std::string& out) {
    expect("[");
    for (skip_spaces(); !rest_.starts_with("]"); skip_spaces()) {
      if (!rest_.starts_with("NULL")) {
        sized(out);
        continue;
      }
      expect("NULL");
      out += '\xfb';
    }
    expect("]");
  }

  std::string_view rest_;
};

// --- Bytes to text ---

class BodyPrinter {
 public:
  explicit BodyPrinter(std::string_view body) : rest_(body) {}

  [[nodiscard]] bool finished() const { return ok_ && rest_.empty(); }
  std::string text;

  void field(const Field& field) {
    const char form = field.form.front();
    if (form == '=') {
      if (take(1) != std::string(1, field.constant())) ok_ = false;
      return;
    }
    text += ' ' + std::string(field.name) + '=';
    if (const std::size_t size = number_size(form); size > 0) {
      text += std::to_string(number(size));
    } else if (form == 'l') {
      text += std::to_string(length());
    } else if (form == 'C') {
      cells();
    } else {
      quote(form == 'z'   ? terminated()
            : form == 's' ? take(length())
                          : take(form == 'r' ? rest_.size() : field.fixed()));
    }
  }

 private:
  std::string_view take(std::uint64_t length) {
    if (length > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    const std::string_view taken = take(size);
    for (std::size_t byte = taken.size(); byte > 0; --byte)
      value = value << 8U | static_cast<unsigned char>(taken[byte - 1]);
    return value;
  }

  std::uint64_t length() {
    const std::uint64_t first = number(1);
    if (first < 251) return first;
    if (first == 251 || first == 255) ok_ = false;
    return number(first == 252 ? 2 : first == 253 ? 3 : 8);
  }

  std::string_view terminated() {
    const std::string_view taken = take(std::min(rest_.find('\0'), rest_.size()));
    take(1);
    return taken;
  }

  void cells() {
    text += '[';
    for (bool first = true; ok_ && !rest_.empty(); first = false) {
      if (!first) text += ' ';
      if (!rest_.starts_with('\xfb')) {
        quote(take(length()));
        continue;
      }
      take(1);
      text += "NULL";
    }
    text += ']';
  }

  void quote(std::string_view bytes) {
    text += '"';
    for (const char byte : bytes) {
      const auto code = static_cast<unsigned char>(byte);
      if (byte == '\n') {
        text += "\\n";
      } else if (code < 0x20 || code > 0x7e) {
        text += {'\\', 'x', hex_digits[code / 16U], hex_digits[code % 16U]};
      } else {
        if (byte == '"' || byte == '\\') text += '\\';
        text += byte;
      }
    }
    text += '"';
  }

  std::string_view rest_;
  bool ok_ = true;
};

Packet parse_as(const Layout& layout, LineParser parser, std::string_view line, std::uint64_t sequence) {
  std::string body;
  for (const Field& field : fields_of(layout.fields)) parser.field(field, body);
  if (!parser.at_end()) refuse("more than the layout says", line);
  std::string bytes;
  put_number(bytes, body.size(), 3);
  put_number(bytes, sequence, 1);
  return {layout.side, std::string(layout.name), std::string(line), bytes + body};
}

}  // namespace

Packet parse_packet(std::string_view line) {
  LineParser parser(line);
  const std::string_view side = parser.word();
  const std::uint64_t sequence = parser.number();
  const std::string_view name = parser.word();
  std::string why = "no such packet: " + std::string(line);
  for (const Layout& layout : layouts()) {
    if (side != std::string(1, static_cast<char>(layout.side)) || name != layout.name) continue;
    try {
      return parse_as(layout, parser, line, sequence);
    } catch (const std::runtime_error& error) {
      why = error.what();
    }
  }
  throw std::runtime_error(why);
}

Packet describe_packet(Side side, std::string_view name, std::string_view bytes) {
  const std::string begin = std::string(1, static_cast<char>(side)) + ' ' +
                            std::to_string(static_cast<unsigned char>(bytes[3])) + ' ' + std::string(name);
  if (bytes.size() > most_described) return {side, std::string(name), begin, std::string(bytes)};
  for (const Layout& layout : layouts()) {
    if (layout.side != side || layout.name != name) continue;
    BodyPrinter printer(bytes.substr(4));
    for (const Field& field : fields_of(layout.fields)) printer.field(field);
    if (!printer.finished()) continue;
    return {side, std::string(name), begin + printer.text, std::string(bytes)};
  }
  throw std::runtime_error("no layout of " + std::string(name) + " fits");
}

}  // namespace lockkeeper::testing::mysql
