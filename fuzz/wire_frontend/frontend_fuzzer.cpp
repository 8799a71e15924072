// A stream of a client's messages, after its start-up. Every decoder gets every body, whatever its type.
//
// Promised and checked: no read beyond the body; what is decoded lies within it; encoded again it is the same bytes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/checks.hpp"
#include "wire/postgres/frontend.hpp"

namespace {

namespace pg = lockkeeper::wire::postgres;
using lockkeeper::fuzz::expect_within;
using pg::Bytes;

// `out` is one message around this body.
void expect_same(const std::string& out, Bytes body) {
  const auto header = pg::read_header(out);
  LK_ASSERT(header && *header && (*header)->size() == out.size());
  LK_ASSERT(Bytes(out).substr(pg::header_size) == body);
}

void check_texts(Bytes body) {
  if (const auto query = pg::decode_query(body)) {
    expect_within(body, query->sql);
    std::string out;
    pg::append_query(out, query->sql);
    expect_same(out, body);
  }
  if (const auto password = pg::decode_password(body)) {
    expect_within(body, *password);
    std::string out;
    pg::append_password(out, *password);
    expect_same(out, body);
  }
}

void check_parse(Bytes body) {
  const auto parse = pg::decode_parse(body);
  if (!parse) return;
  for (const std::string_view view : {parse->name, parse->sql, parse->types}) expect_within(body, view);
  std::string out;
  pg::append_parse(out, parse->name, parse->sql, parse->types);
  expect_same(out, body);
}

void check_bind(Bytes body) {
  const auto bind = pg::decode_bind(body);
  if (!bind) return;
  for (const std::string_view view : {bind->portal, bind->statement, bind->parameters}) expect_within(body, view);
  static_cast<void>(pg::check_bind_parameters(bind->parameters));
  std::string out;
  pg::append_bind_head(out, bind->portal, bind->statement, bind->parameters.size());
  out += bind->parameters;
  expect_same(out, body);
  // The names are there as soon as their terminators are.
  const auto head = pg::decode_bind(body.substr(0, body.size() - bind->parameters.size()));
  LK_ASSERT(head && head->portal == bind->portal && head->statement == bind->statement);
}

void check_targets(Bytes body) {
  const auto describe = pg::decode_describe(body);
  const auto close = pg::decode_close(body);
  LK_ASSERT(describe.has_value() == close.has_value());
  if (!describe) return;
  LK_ASSERT(describe->target == close->target && describe->name == close->name);
  expect_within(body, describe->name);
  std::string out;
  pg::append_describe(out, describe->target, describe->name);
  expect_same(out, body);
}

void check_execute(Bytes body) {
  const auto execute = pg::decode_execute(body);
  if (!execute) return;
  expect_within(body, execute->portal);
  std::string out;
  pg::append_execute(out, execute->portal, execute->most_rows);
  expect_same(out, body);
}

void check_sasl(Bytes body) {
  const auto initial = pg::decode_sasl_initial(body);
  if (!initial) return;
  expect_within(body, initial->mechanism);
  expect_within(body, initial->data);
  std::string out;
  pg::append_sasl_initial(out, initial->mechanism, initial->data);
  expect_same(out, body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes stream(reinterpret_cast<const char*>(data), size);
  lockkeeper::fuzz::for_each_message(stream, [](const pg::Header& header, Bytes body) {
    LK_ASSERT(pg::most_frontend_body(header.type) <= pg::most_body);
    for (const auto check : {check_texts, check_parse, check_bind, check_targets, check_execute, check_sasl})
      check(body);
  });
  return 0;
}
