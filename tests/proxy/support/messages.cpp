#include "proxy/support/messages.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/byte_writer.hpp"

namespace lockkeeper::testing {
namespace {

using base::ByteWriter;

constexpr std::uint32_t first_own_oid = 16384;  // Below are the catalogue's own, the same on every server of a version.
constexpr std::size_t most_shown = 160;

// Reads numbers and texts; past the end everything is zero or empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  std::uint32_t number(std::size_t size) {
    std::uint32_t value = 0;
    for (const char byte : bytes(size)) value = value << 8U | static_cast<std::uint8_t>(byte);
    return value;
  }
  std::string_view bytes(std::size_t size) {
    const std::string_view some = left_.substr(0, size);
    left_.remove_prefix(some.size());
    return some;
  }
  std::string_view text() {
    const std::string_view some = left_.substr(0, left_.find('\0'));
    left_.remove_prefix(std::min(some.size() + 1, left_.size()));
    return some;
  }
  [[nodiscard]] std::size_t left() const { return left_.size(); }

 private:
  std::string_view left_;
};

void write_values(ByteWriter& writer, const std::vector<Value>& values) {
  writer.uint16_big(static_cast<std::uint16_t>(values.size()));
  for (const Value& value : values) {
    writer.uint32_big(value ? static_cast<std::uint32_t>(value->size()) : ~std::uint32_t{0});
    if (value) writer.bytes(*value);
  }
}

Message named(char type, char target, std::string_view name) {
  Message message{type, {}};
  ByteWriter writer(message.body);
  if (target != 0) writer.byte(target);
  writer.text(name);
  return message;
}

std::string with_length(const std::string& body) {
  std::string packet;
  ByteWriter writer(packet);
  writer.uint32_big(static_cast<std::uint32_t>(body.size() + 4));
  writer.bytes(body);
  return packet;
}

// RowDescription: the table's OID and the type's, where they are not the catalogue's.
void forget_own_oids(std::string& body) {
  Reader reader(body);
  const std::uint32_t columns = reader.number(2);
  for (std::uint32_t i = 0; i < columns && reader.left() > 0; ++i) {
    (void)reader.text();
    for (const std::size_t behind : {2U, 8U}) {
      const std::size_t at = body.size() - reader.left();
      if (reader.number(4) >= first_own_oid) std::fill_n(body.begin() + static_cast<std::ptrdiff_t>(at), 4, '\0');
      (void)reader.bytes(behind);
    }
  }
}

std::string printable(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes.substr(0, most_shown)) {
    text += std::isprint(static_cast<unsigned char>(byte)) != 0 ? byte : (byte == '\0' ? '|' : '.');
  }
  if (bytes.size() > most_shown) text += "... (" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

}  // namespace

Messages operator+(Messages left, const Messages& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::string encode(const Message& message) {
  if (message.type == 0) return message.body;
  return message.type + with_length(message.body);
}

std::string encode(const Messages& messages) {
  std::string bytes;
  for (const Message& message : messages) bytes += encode(message);
  return bytes;
}

Message query(std::string_view sql) { return named('Q', 0, sql); }

Message parse(std::string_view name, std::string_view sql, std::initializer_list<std::uint32_t> types) {
  Message message{'P', {}};
  ByteWriter writer(message.body);
  writer.text(name);
  writer.text(sql);
  writer.uint16_big(static_cast<std::uint16_t>(types.size()));
  for (const std::uint32_t type : types) writer.uint32_big(type);
  return message;
}

Message bind_to(std::string_view portal, std::string_view statement, const std::vector<Value>& values,
                bool binary_results) {
  Message message{'B', {}};
  ByteWriter writer(message.body);
  writer.text(portal);
  writer.text(statement);
  writer.uint16_big(0);
  write_values(writer, values);
  writer.uint16_big(binary_results ? 1 : 0);
  if (binary_results) writer.uint16_big(1);
  return message;
}

Message describe_statement(std::string_view name) { return named('D', 'S', name); }
Message describe_portal(std::string_view name) { return named('D', 'P', name); }
Message close_statement(std::string_view name) { return named('C', 'S', name); }
Message close_portal(std::string_view name) { return named('C', 'P', name); }

Message execute(std::string_view portal, std::uint32_t most_rows) {
  Message message = named('E', 0, portal);
  ByteWriter(message.body).uint32_big(most_rows);
  return message;
}

Message sync() { return {'S', {}}; }
Message flush() { return {'H', {}}; }
Message terminate() { return {'X', {}}; }
Message copy_data(std::string_view bytes) { return {'d', std::string(bytes)}; }
Message copy_done() { return {'c', {}}; }
Message copy_fail(std::string_view why) { return named('f', 0, why); }
Message raw_bytes(std::string_view bytes) { return {0, std::string(bytes)}; }

Message function_call(std::uint32_t oid, const std::vector<Value>& arguments) {
  Message message{'F', {}};
  ByteWriter writer(message.body);
  writer.uint32_big(oid);
  writer.uint16_big(0);
  write_values(writer, arguments);
  writer.uint16_big(0);
  return message;
}

std::string startup_packet(std::uint16_t minor, const Parameters& parameters) {
  std::string body;
  ByteWriter writer(body);
  writer.uint16_big(3);
  writer.uint16_big(minor);
  for (const auto& [name, value] : parameters) {
    writer.text(name);
    writer.text(value);
  }
  writer.byte('\0');
  return with_length(body);
}

std::string cancel_packet(std::uint32_t pid, std::string_view secret) {
  std::string body;
  ByteWriter writer(body);
  writer.uint16_big(1234);
  writer.uint16_big(5678);
  writer.uint32_big(pid);
  writer.bytes(secret);
  return with_length(body);
}

std::string encryption_request(bool gss) {
  std::string body;
  ByteWriter writer(body);
  writer.uint16_big(1234);
  writer.uint16_big(gss ? 5680 : 5679);
  return with_length(body);
}

std::string error_field(const Message& message, char code) {
  Reader reader(message.body);
  while (reader.left() > 1) {
    const std::string_view field = reader.text();
    if (!field.empty() && field.front() == code) return std::string(field.substr(1));
  }
  return {};
}

std::vector<Value> cells(const Message& row) {
  Reader reader(row.body);
  std::vector<Value> values(reader.number(2));
  for (Value& value : values) {
    const std::uint32_t size = reader.number(4);
    if (size != ~std::uint32_t{0}) value = std::string(reader.bytes(size));
  }
  return values;
}

std::vector<std::string> column_names(const Message& description) {
  Reader reader(description.body);
  std::vector<std::string> names(reader.number(2));
  for (std::string& name : names) {
    name = reader.text();
    (void)reader.bytes(18);
  }
  return names;
}

std::pair<std::string, std::string> parameter_status(const Message& message) {
  Reader reader(message.body);
  std::string name(reader.text());
  return {std::move(name), std::string(reader.text())};
}

// Where in the server's own source it was said: an answer of the proxy's own has no such place.
std::string without_source(std::string_view fields) {
  std::string kept;
  while (!fields.empty() && fields.front() != '\0') {
    const std::string_view field = fields.substr(0, fields.find('\0'));
    fields.remove_prefix(std::min(fields.size(), field.size() + 1));
    if (field.front() != 'F' && field.front() != 'L' && field.front() != 'R') kept += std::string(field) + '\0';
  }
  return kept;
}

Message normalised(Message message) {
  if (message.type == 'E' || message.type == 'N') message.body = without_source(message.body);
  if (message.type == 'K') message.body.assign("key");
  if (message.type == 'A' && message.body.size() >= 4) std::fill_n(message.body.begin(), 4, '\0');
  if (message.type == 'T') forget_own_oids(message.body);
  return message;
}

std::string show(const Message& message) {
  const std::string type = message.type == 0 ? std::string("raw") : std::string(1, message.type);
  return type + " " + printable(message.body);
}

std::string show(const Messages& messages, std::string_view indent) {
  std::string text;
  for (const Message& message : messages) {
    text += indent;
    text += show(message) + "\n";
  }
  return text;
}

}  // namespace lockkeeper::testing
