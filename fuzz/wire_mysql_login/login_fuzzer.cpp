// The messages before anybody is logged in, of either side: one body, for every decoder.
//
// Promised and checked: no read beyond it; what is decoded lies within it; encoded again it decodes the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "wire/mysql/login.hpp"
#include "wire/mysql_checks.hpp"

namespace {

namespace my = lockkeeper::wire::mysql;
using lockkeeper::fuzz::mysql::body_of;
using lockkeeper::fuzz::mysql::expect_within;
using my::Bytes;

void check_greeting(Bytes body) {
  const auto greeting = my::decode_greeting(body);
  if (!greeting) return;
  for (const std::string_view part :
       {greeting->server_version, greeting->scramble_begin, greeting->scramble_end, greeting->plugin})
    expect_within(body, part);
  std::string out;
  my::append_greeting(out, 0, *greeting);
  const auto again = my::decode_greeting(body_of(out));
  LK_ASSERT(again && again->server_version == greeting->server_version && again->plugin == greeting->plugin);
  LK_ASSERT(again->capabilities == greeting->capabilities && again->status == greeting->status);
  LK_ASSERT(again->scramble_begin == greeting->scramble_begin && again->scramble_end == greeting->scramble_end);
  LK_ASSERT(again->connection_id == greeting->connection_id && again->charset == greeting->charset);
}

void check_request(Bytes body) {
  const auto request = my::decode_login_request(body);
  if (!request) return;
  for (const std::string_view part :
       {request->user, request->answer, request->database, request->plugin, request->attributes})
    expect_within(body, part);
  std::string out;
  my::append_login_request(out, 1, *request);
  const auto again = my::decode_login_request(body_of(out));
  LK_ASSERT(again && again->capabilities == request->capabilities && again->most_packet == request->most_packet);
  if (again->tls_request != request->tls_request) return;  // What a client left out has made it as short as one.
  LK_ASSERT(again->user == request->user && again->answer == request->answer && again->plugin == request->plugin);
  LK_ASSERT(again->database == request->database && again->attributes == request->attributes);
  LK_ASSERT(again->zstd_level == request->zstd_level && again->charset == request->charset);
  my::AttributeReader attributes(request->attributes);
  while (const auto attribute = attributes.next()) {
    expect_within(body, attribute->name);
    expect_within(body, attribute->value);
  }
}

void check_replies(Bytes body) {
  if (const auto plugin = my::decode_switch_plugin(body)) {
    if (body.size() > 1) expect_within(body, plugin->plugin);
    expect_within(body, plugin->data);
    std::string out;
    my::append_switch_plugin(out, 2, plugin->plugin, plugin->data);
    const auto again = my::decode_switch_plugin(body_of(out));
    LK_ASSERT(again && again->plugin == plugin->plugin && again->data == plugin->data);
  }
  if (const auto data = my::decode_more_data(body)) {
    std::string out;
    my::append_more_data(out, 2, *data);
    LK_ASSERT(body_of(out) == body);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes body(reinterpret_cast<const char*>(data), size);
  check_greeting(body);
  check_request(body);
  check_replies(body);
  return 0;
}
