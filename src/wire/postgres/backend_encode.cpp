#include "wire/postgres/backend.hpp"
#include "wire/postgres/message_writer.hpp"
#include "wire/postgres/notice_fields.hpp"

namespace lockkeeper::wire::postgres {
namespace {

constexpr std::uint32_t text_oid = 25;
constexpr std::uint16_t any_length = 0xffff;       // Int16 -1: a type whose values differ in length.
constexpr std::uint32_t no_modifier = 0xffffffff;  // Int32 -1.
constexpr std::uint32_t null_cell = 0xffffffff;    // Int32 -1 in place of a length.
constexpr std::uint32_t version_3 = 3U << 16U;

void append_field(MessageWriter& message, char field, std::string_view text) {
  message.byte(field);
  message.text(text);
}

void append_fields(std::string& out, char type, const Notice& notice) {
  MessageWriter message(out, type);
  append_field(message, 'S', notice.severity);
  append_field(message, 'V', notice.severity);
  append_field(message, 'C', notice.sqlstate);
  append_field(message, 'M', notice.message);
  if (!notice.detail.empty()) append_field(message, 'D', notice.detail);
  if (!notice.hint.empty()) append_field(message, 'H', notice.hint);
  if (!notice.routine.empty()) append_field(message, 'R', notice.routine);
  message.byte('\0');
}

// Where `name` stands in the text in double quotes, or npos.
std::size_t find_quoted(std::string_view text, std::string_view name) noexcept {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if (at > 0 && text[at - 1] == '"' && end < text.size() && text[end] == '"') return at;
  }
  return std::string_view::npos;
}

}  // namespace

void append_ready(std::string& out, TransactionStatus status) {
  MessageWriter(out, backend::ready_for_query).byte(static_cast<char>(status));
}

void append_command_complete(std::string& out, std::string_view tag) {
  MessageWriter(out, backend::command_complete).text(tag);
}

void append_error(std::string& out, const Notice& error) { append_fields(out, backend::error, error); }

void append_notice(std::string& out, const Notice& notice) { append_fields(out, backend::notice, notice); }

void append_parameter_status(std::string& out, std::string_view name, std::string_view value) {
  MessageWriter message(out, backend::parameter_status);
  message.text(name);
  message.text(value);
}

void append_backend_key(std::string& out, std::uint32_t pid, Bytes secret) {
  MessageWriter message(out, backend::backend_key_data);
  message.uint32_big(pid);
  message.bytes(secret);
}

void append_authentication(std::string& out, Authentication kind, Bytes data) {
  MessageWriter message(out, backend::authentication);
  message.uint32_big(static_cast<std::uint32_t>(kind));
  message.bytes(data);
}

void append_sasl_request(std::string& out, std::span<const std::string_view> mechanisms) {
  MessageWriter message(out, backend::authentication);
  message.uint32_big(static_cast<std::uint32_t>(Authentication::sasl));
  for (const std::string_view mechanism : mechanisms) message.text(mechanism);
  message.byte('\0');
}

void append_negotiate_version(std::string& out, std::uint32_t minor, std::span<const std::string_view> unsupported) {
  MessageWriter message(out, backend::negotiate_version);
  message.uint32_big(version_3 | (minor & 0xffffU));
  message.uint32_big(static_cast<std::uint32_t>(unsupported.size()));
  for (const std::string_view option : unsupported) message.text(option);
}

void append_parse_complete(std::string& out) { append_message(out, backend::parse_complete, {}); }

void append_bind_complete(std::string& out) { append_message(out, backend::bind_complete, {}); }

void append_close_complete(std::string& out) { append_message(out, backend::close_complete, {}); }

void append_empty_query(std::string& out) { append_message(out, backend::empty_query, {}); }

void append_row_description(std::string& out, std::span<const std::string_view> columns) {
  MessageWriter message(out, backend::row_description);
  message.uint16_big(static_cast<std::uint16_t>(columns.size()));
  for (const std::string_view column : columns) {
    message.text(column);
    message.uint32_big(0);  // No table,
    message.uint16_big(0);  // hence no column of it.
    message.uint32_big(text_oid);
    message.uint16_big(any_length);
    message.uint32_big(no_modifier);
    message.uint16_big(0);  // Text format.
  }
}

void append_data_row(std::string& out, std::span<const std::optional<std::string_view>> cells) {
  MessageWriter message(out, backend::data_row);
  message.uint16_big(static_cast<std::uint16_t>(cells.size()));
  for (const std::optional<std::string_view>& cell : cells) {
    message.uint32_big(cell ? static_cast<std::uint32_t>(cell->size()) : null_cell);
    message.bytes(cell.value_or(std::string_view()));
  }
}

void append_error_renamed(std::string& out, Bytes body, std::string_view from, std::string_view to) {
  std::string_view text;
  const bool read = read_notice_fields(body, [&](char field, std::string_view value) noexcept {
    if (field == 'M') text = value;
  });
  const std::size_t found = read && !from.empty() ? find_quoted(text, from) : std::string_view::npos;
  if (found == std::string_view::npos) return append_message(out, backend::error, body);
  const std::size_t at = static_cast<std::size_t>(text.data() - body.data()) + found;
  MessageWriter message(out, backend::error);
  message.bytes(body.substr(0, at));
  message.bytes(to.substr(0, to.find('\0')));
  message.bytes(body.substr(at + from.size()));
}

}  // namespace lockkeeper::wire::postgres
