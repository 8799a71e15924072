#include "wire/message_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <stdexcept>

namespace lockkeeper::testing {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

[[noreturn]] void refuse(std::string_view what, std::string_view at) {
  throw std::runtime_error(std::string(what) + " at: " + std::string(at.substr(0, 60)));
}

void put_number(std::string& out, std::int64_t number, int size) {
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}

// --- Text to bytes ---

class LineParser {
 public:
  explicit LineParser(std::string_view line) : rest_(line) {}

  std::string_view word() {
    skip_spaces();
    const std::size_t length = std::min(rest_.find_first_of(" ="), rest_.size());
    return take(length);
  }

  void expect(std::string_view token) {
    skip_spaces();
    if (!rest_.starts_with(token)) refuse("expected " + std::string(token), rest_);
    rest_.remove_prefix(token.size());
  }

  bool at_end() {
    skip_spaces();
    return rest_.empty();
  }

  void item(char form, std::string& out) {
    skip_spaces();
    switch (form) {
      case 'b': out += character(); break;
      case 'c': put_number(out, number(), 1); break;
      case 'h': put_number(out, number(), 2); break;
      case 'i': put_number(out, number(), 4); break;
      case 'z': out += quoted() + '\0'; break;
      case 'r': out += quoted(); break;
      case 's': sized(out); break;
      default: refuse("no such form", std::string(1, form));
    }
  }

  void list(char counted, std::string_view group, std::string& out) {
    expect("[");
    std::string groups;
    std::int64_t count = 0;
    for (skip_spaces(); !rest_.starts_with("]"); skip_spaces(), ++count) {
      if (group.size() > 1) expect("(");
      for (const char form : group) item(form, groups);
      if (group.size() > 1) expect(")");
    }
    expect("]");
    if (counted != 'Z') put_number(out, count, counted == 'H' ? 2 : 4);
    out += groups;
    if (counted == 'Z') out += '\0';
  }

 private:
  std::string_view take(std::size_t length) {
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  void skip_spaces() {
    while (rest_.starts_with(" ")) rest_.remove_prefix(1);
  }

  std::int64_t number() {
    std::int64_t value = 0;
    const auto read = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (read.ec != std::errc()) refuse("expected a number", rest_);
    rest_.remove_prefix(static_cast<std::size_t>(read.ptr - rest_.data()));
    return value;
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
    if (rest_.starts_with("NULL")) {
      expect("NULL");
      put_number(out, -1, 4);
      return;
    }
    const std::string value = quoted();
    put_number(out, static_cast<std::int64_t>(value.size()), 4);
    out += value;
  }

  std::string_view rest_;
};

// --- Bytes to text ---

class BodyPrinter {
 public:
  explicit BodyPrinter(std::string_view body) : rest_(body) {}

  [[nodiscard]] bool finished() const { return ok_ && rest_.empty(); }
  std::string text;

  std::int64_t number(int size) {
    std::int64_t value = 0;
    const std::string_view taken = take(static_cast<std::size_t>(size));
    for (const char byte : taken) value = value * 256 + static_cast<unsigned char>(byte);
    const std::int64_t half = std::int64_t{1} << (size * 8 - 1);
    return value >= half ? value - 2 * half : value;
  }

  void item(char form) {
    switch (form) {
      case 'b': text += escaped(take(1), " ()[]\""); break;
      case 'c': text += std::to_string(number(1)); break;
      case 'h': text += std::to_string(number(2)); break;
      case 'i': text += std::to_string(number(4)); break;
      case 'z': text += '"' + escaped(terminated(), "\"") + '"'; break;
      case 's': sized(); break;
      default: text += '"' + escaped(take(rest_.size()), "\"") + '"'; break;
    }
  }

  void list(char counted, std::string_view group) {
    text += '[';
    std::int64_t left = counted == 'Z' ? 0 : number(counted == 'H' ? 2 : 4);
    for (bool first = true; ok_; first = false) {
      if (counted == 'Z' ? rest_.starts_with('\0') : left-- <= 0) break;
      if (!first) text += ' ';
      if (group.size() > 1) text += '(';
      for (std::size_t form = 0; form < group.size(); ++form) {
        if (form > 0) text += ' ';
        item(group[form]);
      }
      if (group.size() > 1) text += ')';
    }
    if (counted == 'Z') take(1);
    text += ']';
  }

 private:
  std::string_view take(std::size_t length) {
    if (length > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  std::string_view terminated() {
    const std::string_view taken = take(std::min(rest_.find('\0'), rest_.size()));
    take(1);
    return taken;
  }

  void sized() {
    const std::int64_t length = number(4);
    text += length == -1 ? "NULL" : '"' + escaped(take(static_cast<std::size_t>(length)), "\"") + '"';
  }

  static std::string escaped(std::string_view bytes, std::string_view special) {
    std::string out;
    for (const char byte : bytes) {
      const auto code = static_cast<unsigned char>(byte);
      if (byte == '\n') {
        out += "\\n";
      } else if (code < 0x20 || code > 0x7e || (byte != '"' && special.find(byte) != std::string_view::npos)) {
        out += {'\\', 'x', hex_digits[code / 16U], hex_digits[code % 16U]};
      } else {
        if (byte == '"' || byte == '\\') out += '\\';
        out += byte;
      }
    }
    return out;
  }

  std::string_view rest_;
  bool ok_ = true;
};

// --- Both by the table ---

struct Field {
  std::string_view name, form, group;
};

// Calls `each` with every field of the layout.
template <class Each>
void for_each_field(std::string_view fields, const Each& each) {
  while (!fields.empty()) {
    std::string_view field = fields.substr(0, fields.find(' '));
    fields.remove_prefix(std::min(field.size() + 1, fields.size()));
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos) {
      each(Field{{}, field, {}});
      continue;
    }
    const std::string_view form = field.substr(colon + 1);
    each(Field{field.substr(0, colon), form.substr(0, 1), form.size() > 1 ? form.substr(2, form.size() - 3) : ""});
  }
}

std::int64_t constant(std::string_view form) { return std::stoll(std::string(form.substr(1))); }

std::string framed(char type, const std::string& body) {
  std::string out;
  if (type != 0 && type != '@') out += type;
  if (type != 0) put_number(out, static_cast<std::int64_t>(body.size()) + 4, 4);
  return out + body;
}

std::optional<Message> describe_as(const Layout& layout, std::string_view bytes) {
  const std::size_t header = layout.type == 0 ? 0 : layout.type == '@' ? 4 : 5;
  if (bytes.size() < header || (header == 5 && bytes.front() != layout.type)) return std::nullopt;
  BodyPrinter printer(bytes.substr(header));
  printer.text = std::string(1, static_cast<char>(layout.side)) + ' ' + std::string(layout.name);
  bool fits = true;
  for_each_field(layout.fields, [&](const Field& field) {
    if (field.form.front() == '=') {
      fits = fits && printer.number(4) == constant(field.form);
      return;
    }
    printer.text += ' ' + std::string(field.name) + '=';
    if (field.group.empty()) {
      printer.item(field.form.front());
    } else {
      printer.list(field.form.front(), field.group);
    }
  });
  if (!fits || !printer.finished()) return std::nullopt;
  return Message{layout.side, std::string(layout.name), printer.text, std::string(bytes)};
}

}  // namespace

Message parse_message(std::string_view line) {
  LineParser parser(line);
  const std::string_view side = parser.word();
  const std::string_view name = parser.word();
  const auto layout = std::ranges::find_if(layouts(), [&](const Layout& known) {
    return side == std::string(1, static_cast<char>(known.side)) && name == known.name;
  });
  if (layout == layouts().end()) refuse("no such message", line);
  std::string body;
  for_each_field(layout->fields, [&](const Field& field) {
    if (field.form.front() == '=') return put_number(body, constant(field.form), 4);
    parser.expect(std::string(field.name) + "=");
    if (field.group.empty()) return parser.item(field.form.front(), body);
    parser.list(field.form.front(), field.group, body);
  });
  if (!parser.at_end()) refuse("more than the layout says", line);
  return {layout->side, std::string(name), std::string(line), framed(layout->type, body)};
}

std::optional<Message> describe_message(Side side, std::string_view bytes, bool startup) {
  for (const Layout& layout : layouts()) {
    if (layout.side != side || layout.type == 0 || (layout.type == '@') != startup) continue;
    if (auto message = describe_as(layout, bytes)) return message;
  }
  return std::nullopt;
}

}  // namespace lockkeeper::testing
