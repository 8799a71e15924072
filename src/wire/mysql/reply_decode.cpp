#include "wire/mysql/lengths.hpp"
#include "wire/mysql/reply.hpp"

namespace lockkeeper::wire::mysql {
namespace {

using base::ByteReader;

constexpr std::uint16_t progress_code = 0xffff;  // No error has it.
constexpr std::size_t sqlstate_size = 5;

// "#", and so many letters.
std::string_view read_sqlstate(ByteReader& reader) noexcept {
  if (!reader.rest().starts_with('#') || reader.rest().size() <= sqlstate_size) return {};
  reader.byte();
  return reader.bytes(sqlstate_size);
}

}  // namespace

std::optional<Ok> decode_ok(Bytes body) noexcept {
  ByteReader reader(body);
  const std::uint8_t first = reader.byte();
  if (first != 0x00 && first != 0xfe) return std::nullopt;
  Ok ok{.affected_rows = read_length(reader)};
  ok.last_insert_id = read_length(reader);
  ok.status.bits = reader.uint16_little();
  ok.warnings = reader.uint16_little();
  ok.rest = reader.rest();
  return reader.ok() ? std::optional(ok) : std::nullopt;
}

std::optional<OkRest> decode_ok_rest(const Ok& ok, Capabilities capabilities) noexcept {
  if (!capabilities.has(Capability::session_track)) return OkRest{.info = ok.rest};
  ByteReader reader(ok.rest);
  OkRest rest;
  if (!reader.rest().empty()) rest.info = read_sized(reader);
  if (ok.status.session_changed() && !reader.rest().empty()) rest.session_changes = read_sized(reader);
  return reader.ok() ? std::optional(rest) : std::nullopt;
}

std::optional<SessionChange> SessionChangeReader::next_variable() noexcept {
  const std::string_view name = read_sized(variables_);
  const std::string_view value = read_sized(variables_);
  if (!variables_.ok()) return std::nullopt;
  return SessionChange{SessionChangeKind::variable, name, value};
}

std::optional<SessionChange> SessionChangeReader::next() noexcept {
  if (!ok()) return std::nullopt;
  if (!variables_.rest().empty()) return next_variable();
  if (reader_.rest().empty()) return std::nullopt;
  const auto kind = static_cast<SessionChangeKind>(reader_.byte());
  const Bytes entry = read_sized(reader_);
  if (!reader_.ok()) return std::nullopt;
  const bool plain = kind == SessionChangeKind::state || kind > SessionChangeKind::transaction_state;
  if (plain) return SessionChange{kind, {}, entry};
  ByteReader content(entry);
  if (kind == SessionChangeKind::variable) {
    variables_ = content;
    return next_variable();
  }
  if (kind == SessionChangeKind::gtids) content.byte();  // Their spelling: 0 is the only one.
  const std::string_view value = read_sized(content);
  if (!content.ok()) reader_.fail();
  return content.ok() ? std::optional(SessionChange{kind, {}, value}) : std::nullopt;
}

std::optional<Eof> decode_eof(Bytes body) noexcept {
  ByteReader reader(body);
  if (reader.byte() != 0xfe) return std::nullopt;
  Eof eof{.warnings = reader.uint16_little()};
  eof.status.bits = reader.uint16_little();
  return reader.finished() ? std::optional(eof) : std::nullopt;
}

std::optional<ErrorReply> decode_error(Bytes body) noexcept {
  ByteReader reader(body);
  const std::uint8_t first = reader.byte();
  ErrorReply error{.code = reader.uint16_little()};
  if (!reader.ok() || first != 0xff || error.code == progress_code) return std::nullopt;
  error.sqlstate = read_sqlstate(reader);
  error.message = reader.rest();
  return error;
}

std::optional<Progress> decode_progress(Bytes body) noexcept {
  ByteReader reader(body);
  const std::uint8_t first = reader.byte();
  const std::uint16_t code = reader.uint16_little();
  reader.byte();  // How many texts there are; 1 so far.
  Progress progress{.stage = reader.byte()};
  progress.stages = reader.byte();
  progress.done = reader.uint24_little();
  const std::uint64_t size = read_length(reader);
  progress.what = reader.rest().substr(0, size);  // It may be cut.
  return reader.ok() && first == 0xff && code == progress_code ? std::optional(progress) : std::nullopt;
}

std::optional<std::string_view> decode_file_request(Bytes body) noexcept {
  if (body.empty() || static_cast<std::uint8_t>(body.front()) != null_length) return std::nullopt;
  return body.substr(1);
}

std::optional<ResultHeader> decode_result_header(Bytes body, Capabilities capabilities) noexcept {
  ByteReader reader(body);
  ResultHeader header{.columns = read_length(reader)};
  const bool flagged = capabilities.has(Capability::cache_metadata) || capabilities.has(Capability::optional_metadata);
  if (flagged && !reader.rest().empty()) header.definitions = reader.byte() != 0;
  return reader.finished() && header.columns > 0 ? std::optional(header) : std::nullopt;
}

std::optional<Prepared> decode_prepared(Bytes body, Capabilities capabilities) noexcept {
  ByteReader reader(body);
  if (reader.byte() != 0x00) return std::nullopt;
  Prepared prepared{.statement = reader.uint32_little()};
  prepared.columns = reader.uint16_little();
  prepared.parameters = reader.uint16_little();
  reader.byte();
  prepared.warnings = reader.uint16_little();
  const bool flagged = capabilities.has(Capability::optional_metadata) && !reader.rest().empty();
  if (flagged) prepared.definitions = reader.byte() != 0;
  return reader.finished() ? std::optional(prepared) : std::nullopt;
}

}  // namespace lockkeeper::wire::mysql
