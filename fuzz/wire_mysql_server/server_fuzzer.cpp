// A command byte, capabilities, and a stream of a server's packets: the reply as the walker sees it, and every decoder
// of replies with every body.
//
// Promised and checked: no read beyond the body; what is decoded lies within it; encoded again it decodes the same; the
// walker counts what it was shown, sees the same by the head alone, and stays lost or complete.
#include <cstddef>
#include <cstdint>
#include <string>

#include "wire/mysql/reply_walker.hpp"
#include "wire/mysql_checks.hpp"

namespace {

namespace my = lockkeeper::wire::mysql;
using lockkeeper::fuzz::mysql::body_of;
using lockkeeper::fuzz::mysql::expect_within;
using my::Bytes;

void check_ok(Bytes body, my::Capabilities capabilities) {
  const auto ok = my::decode_ok(body);
  if (!ok) return;
  expect_within(body, ok->rest);
  std::string out;
  my::append_ok(out, 1, *ok, static_cast<std::uint8_t>(body.front()));
  const auto again = my::decode_ok(body_of(out));
  LK_ASSERT(again && again->affected_rows == ok->affected_rows && again->last_insert_id == ok->last_insert_id);
  LK_ASSERT(again->status == ok->status && again->warnings == ok->warnings && again->rest == ok->rest);
  const auto rest = my::decode_ok_rest(*ok, capabilities);
  if (!rest) return;
  expect_within(body, rest->info);
  expect_within(body, rest->session_changes);
  my::SessionChangeReader changes(rest->session_changes);
  std::size_t count = 0;
  while (const auto change = changes.next()) {
    expect_within(body, change->name);
    expect_within(body, change->value);
    ++count;
  }
  LK_ASSERT(count <= rest->session_changes.size() && !changes.next());
}

void check_error(Bytes body) {
  const auto error = my::decode_error(body);
  const auto progress = my::decode_progress(body);
  LK_ASSERT(!error || !progress);
  if (progress) expect_within(body, progress->what);
  if (!error) return;
  expect_within(body, error->sqlstate);
  expect_within(body, error->message);
  std::string out;
  my::append_error(out, 1, *error);
  LK_ASSERT(body_of(out) == body);
}

void check_others(Bytes body, my::Capabilities capabilities) {
  std::string out;
  if (const auto eof = my::decode_eof(body)) {
    my::append_eof(out, 1, *eof);
    LK_ASSERT(body_of(out) == body);
  }
  if (const auto prepared = my::decode_prepared(body, capabilities)) {
    out.clear();
    my::append_prepared(out, 1, *prepared, capabilities);
    const auto again = my::decode_prepared(body_of(out), capabilities);
    LK_ASSERT(again && again->statement == prepared->statement && again->definitions == prepared->definitions);
  }
  if (const auto header = my::decode_result_header(body, capabilities)) LK_ASSERT(header->columns > 0);
  if (const auto file = my::decode_file_request(body)) expect_within(body, *file);
}

void walk(my::ReplyWalker& reply, const my::Header& header, Bytes body) {
  const bool over = reply.complete() || reply.lost();
  const std::uint64_t rows = reply.outcome().rows, bytes = reply.outcome().bytes;
  my::ReplyWalker by_body = reply;
  const std::string head(body.substr(0, my::reply_head));
  const my::ReplyPart part = reply.server(head, header.body);
  LK_ASSERT(by_body.server(body, header.body) == part && by_body.complete() == reply.complete());
  LK_ASSERT(!over || reply.lost());
  LK_ASSERT((part == my::ReplyPart::unexpected) == reply.lost());
  LK_ASSERT(!(reply.complete() && reply.client_speaks()));
  LK_ASSERT(reply.outcome().rows == rows + (part == my::ReplyPart::row ? 1 : 0));
  LK_ASSERT(reply.outcome().bytes == bytes + header.size());
  if (reply.client_speaks() && header.sequence % 2 == 1) {
    LK_ASSERT(reply.client(header.sequence / 2U) != my::ClientPart::unexpected);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Bytes stream(reinterpret_cast<const char*>(data), size);
  const my::Command command = my::command_of(stream);
  stream.remove_prefix(1);
  const my::Capabilities capabilities = lockkeeper::fuzz::mysql::take_capabilities(stream);
  my::ReplyWalker reply(command, capabilities);
  lockkeeper::fuzz::mysql::for_each_packet(stream, [&](const my::Header& header, Bytes body) {
    walk(reply, header, body);
    check_ok(body, capabilities);
    check_error(body);
    check_others(body, capabilities);
  });
  return 0;
}
