// A stream of a server's messages. Every decoder gets every body, whatever its type.
//
// Promised and checked: no read beyond the body; what is decoded lies within it; encoded again it decodes the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/checks.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace {

namespace pg = lockkeeper::wire::postgres;
using lockkeeper::fuzz::expect_within;
using pg::Bytes;

Bytes body_of(const std::string& message) {
  const auto header = pg::read_header(message);
  LK_ASSERT(header && *header && (*header)->size() == message.size());
  return Bytes(message).substr(pg::header_size);
}

void check_short(Bytes body) {
  std::string out;
  if (const auto status = pg::decode_ready(body)) {
    pg::append_ready(out, *status);
    LK_ASSERT(body_of(out) == body);
  }
  if (const auto status = pg::decode_parameter_status(body)) {
    expect_within(body, status->name);
    expect_within(body, status->value);
    out.clear();
    pg::append_parameter_status(out, status->name, status->value);
    LK_ASSERT(body_of(out) == body);
  }
  if (const auto key = pg::decode_backend_key(body)) {
    expect_within(body, key->secret);
    LK_ASSERT(key->secret.size() >= pg::least_secret && key->secret.size() <= pg::most_secret);
    out.clear();
    pg::append_backend_key(out, key->pid, key->secret);
    LK_ASSERT(body_of(out) == body);
  }
}

void check_description(Bytes body) {
  static_cast<void>(pg::read_columns(body, [&](std::string_view name, std::uint32_t) { expect_within(body, name); }));
  if (pg::is_list_of_types(body)) LK_ASSERT(body.size() % 4 == 2);
}

void check_tag(Bytes body) {
  const auto tag = pg::decode_command_complete(body);
  if (!tag) return;
  expect_within(body, tag->tag);
  LK_ASSERT(tag->tag.starts_with(tag->command));
  LK_ASSERT(tag->rows >= 0 && (tag->has_rows || (tag->rows == 0 && tag->command == tag->tag)));
  std::string out;
  pg::append_command_complete(out, tag->tag);
  LK_ASSERT(body_of(out) == body);
}

void check_notice(Bytes body) {
  const auto notice = pg::decode_notice(body);
  std::string out;
  if (!notice) {
    pg::append_error_renamed(out, body, "a", "b");
    LK_ASSERT(body_of(out) == body);
    return;
  }
  for (const std::string_view view :
       {notice->severity, notice->sqlstate, notice->message, notice->detail, notice->hint, notice->routine}) {
    expect_within(body, view);
  }
  pg::append_error(out, *notice);
  const auto again = pg::decode_notice(body_of(out));
  LK_ASSERT(again == notice);
}

// The name between the message's first two quotes becomes another.
void check_renamed(Bytes body) {
  const auto notice = pg::decode_notice(body);
  if (!notice) return;
  const std::size_t open = notice->message.find('"');
  const std::size_t close = notice->message.find('"', open + 1);
  if (close == std::string_view::npos || close == open + 1) return;
  const std::string_view name = notice->message.substr(open + 1, close - open - 1);
  std::string out;
  pg::append_error_renamed(out, body, name, "another name");
  const auto renamed = pg::decode_notice(body_of(out));
  LK_ASSERT(renamed);
  std::string expected(notice->message);
  expected.replace(open + 1, name.size(), "another name");
  LK_ASSERT(renamed->message == expected);
  LK_ASSERT(renamed->hint == notice->hint && renamed->detail == notice->detail);
}

void check_authentication(Bytes body) {
  const auto request = pg::decode_authentication(body);
  if (!request) return;
  expect_within(body, request->data);
  std::string out;
  if (request->kind == pg::Authentication::sasl) {
    const auto mechanisms = pg::sasl_mechanisms(request->data);
    for (const std::string_view mechanism : mechanisms) expect_within(body, mechanism);
    pg::append_sasl_request(out, mechanisms);
  } else {
    pg::append_authentication(out, request->kind, request->data);
  }
  LK_ASSERT(body_of(out) == body);
}

void check_negotiation(Bytes body) {
  const auto version = pg::decode_negotiate_version(body);
  if (!version) return;
  for (const std::string_view option : version->unsupported) expect_within(body, option);
  std::string out;
  pg::append_negotiate_version(out, version->minor, version->unsupported);
  const auto again = pg::decode_negotiate_version(body_of(out));
  LK_ASSERT(again && again->minor == version->minor && again->unsupported == version->unsupported);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes stream(reinterpret_cast<const char*>(data), size);
  lockkeeper::fuzz::for_each_message(stream, [](const pg::Header&, Bytes body) {
    for (const auto check : {check_short, check_description, check_tag, check_notice, check_renamed,
                             check_authentication, check_negotiation}) {
      check(body);
    }
  });
  return 0;
}
