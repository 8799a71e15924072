// What is encoded is decoded to the same, for any texts and bytes.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::wire::postgres {
namespace {

using Texts = std::vector<std::string>;

// Any bytes but zero, which no text can hold.
std::string any_text() {
  auto text = *rc::gen::arbitrary<std::string>();
  std::erase(text, '\0');
  return text;
}

std::string any_bytes(std::size_t least, std::size_t most) {
  return *rc::gen::container<std::string>(*rc::gen::inRange(least, most + 1), rc::gen::arbitrary<char>());
}

Texts any_texts(bool empty_ones) {
  Texts texts(*rc::gen::inRange<std::size_t>(0, 6));
  for (std::string& text : texts) text = any_text();
  if (!empty_ones) std::erase(texts, "");
  return texts;
}

std::vector<std::string_view> views(const Texts& texts) { return {texts.begin(), texts.end()}; }

// The body of the one message that `append` writes behind something else.
template <class Append>
std::string body_of(char type, const Append& append) {
  std::string out = "before";
  append(out);
  const Bytes message = Bytes(out).substr(6);
  const auto header = read_header(message);
  RC_ASSERT(header.has_value() && header->has_value());
  RC_ASSERT((*header)->type == type && (*header)->size() == message.size());
  return std::string(message.substr(header_size));
}

TEST(FrontendProperty, NamesAndTexts) {
  EXPECT_TRUE(rc::check([] {
    const std::string name = any_text(), sql = any_text();
    const auto query = body_of('Q', [&](std::string& out) { append_query(out, sql); });
    RC_ASSERT(decode_query(query).value().sql == sql);
    const auto password = body_of('p', [&](std::string& out) { append_password(out, sql); });
    RC_ASSERT(decode_password(password) == sql);
    const Target target = *rc::gen::element(Target::statement, Target::portal);
    const auto describe = body_of('D', [&](std::string& out) { append_describe(out, target, name); });
    RC_ASSERT(decode_describe(describe).value().target == target);
    RC_ASSERT(decode_describe(describe).value().name == name);
    const auto close = body_of('C', [&](std::string& out) { append_close(out, target, name); });
    RC_ASSERT(decode_close(close).value().target == target);
    RC_ASSERT(decode_close(close).value().name == name);
    const auto rows = *rc::gen::arbitrary<std::int32_t>();
    const auto execute = body_of('E', [&](std::string& out) { append_execute(out, name, rows); });
    RC_ASSERT(decode_execute(execute).value().portal == name);
    RC_ASSERT(decode_execute(execute).value().most_rows == rows);
  }));
}

TEST(FrontendProperty, ParseAndBind) {
  EXPECT_TRUE(rc::check([] {
    const std::string name = any_text(), other = any_text();
    const auto count = *rc::gen::inRange<std::size_t>(0, 300);
    std::string types{static_cast<char>(count >> 8U), static_cast<char>(count)};
    types += any_bytes(count * 4, count * 4);
    const auto body = body_of('P', [&](std::string& out) { append_parse(out, name, other, types); });
    const auto parse = decode_parse(body);
    RC_ASSERT(parse.has_value());
    RC_ASSERT(parse->name == name && parse->sql == other && parse->types == types);
    const std::string rest = any_bytes(0, 50);
    const auto bound = body_of('B', [&](std::string& out) {
      append_bind_head(out, name, other, rest.size());
      out += rest;
    });
    const auto bind = decode_bind(bound);
    RC_ASSERT(bind.has_value());
    RC_ASSERT(bind->portal == name && bind->statement == other && bind->parameters == rest);
  }));
}

TEST(FrontendProperty, SaslInitial) {
  EXPECT_TRUE(rc::check([] {
    const std::string mechanism = any_text(), data = any_bytes(0, 50);
    const auto body = body_of('p', [&](std::string& out) { append_sasl_initial(out, mechanism, data); });
    const auto initial = decode_sasl_initial(body);
    RC_ASSERT(initial.has_value());
    RC_ASSERT(initial->mechanism == mechanism && initial->data == data && initial->data.data() != nullptr);
  }));
}

TEST(StartupProperty, VersionAndParameters) {
  EXPECT_TRUE(rc::check([] {
    std::vector<std::pair<std::string, std::string>> parameters;
    for (const std::string& name : any_texts(false)) parameters.emplace_back(name, any_text());
    const auto minor = *rc::gen::arbitrary<std::uint16_t>();
    std::string packet;
    append_startup(packet, 3, minor, parameters);
    RC_ASSERT(startup_size(packet).value() == packet.size());
    const auto startup = decode_startup(packet);
    RC_ASSERT(startup.has_value());
    RC_ASSERT(startup->kind == StartupKind::startup && startup->major == 3 && startup->minor == minor);
    const std::vector<std::pair<std::string, std::string>> read(startup->parameters.begin(), startup->parameters.end());
    RC_ASSERT(read == parameters);
  }));
}

TEST(StartupProperty, CancelRequest) {
  EXPECT_TRUE(rc::check([](std::uint32_t pid) {
    const std::string secret = any_bytes(least_secret, most_secret);
    std::string packet;
    append_cancel_request(packet, pid, secret);
    const auto cancel = decode_startup(packet);
    RC_ASSERT(cancel.has_value());
    RC_ASSERT(cancel->kind == StartupKind::cancel_request);
    RC_ASSERT(cancel->cancel_pid == pid && cancel->cancel_secret == secret);
  }));
}

TEST(BackendProperty, TagsAndRows) {
  EXPECT_TRUE(rc::check([] {
    const auto rows = *rc::gen::inRange<std::int64_t>(0, INT64_MAX);
    const std::string command = *rc::gen::element<std::string>("SELECT", "INSERT 0", "UPDATE", "COPY");
    const std::string whole = command + ' ' + std::to_string(rows);
    const auto body = body_of('C', [&](std::string& out) { append_command_complete(out, whole); });
    const auto tag = decode_command_complete(body);
    RC_ASSERT(tag.has_value());
    RC_ASSERT(tag->tag == whole && tag->has_rows && tag->rows == rows);
    RC_ASSERT(tag->command == command.substr(0, command.find(' ')));
    const std::string any = any_text();
    const auto other = body_of('C', [&](std::string& out) { append_command_complete(out, any); });
    RC_ASSERT(decode_command_complete(other).value().tag == any);
  }));
}

TEST(BackendProperty, ErrorsAndNotices) {
  EXPECT_TRUE(rc::check([] {
    const Texts texts{any_text(), any_text(), any_text(), any_text(), any_text()};
    const Notice given{
        .severity = texts[0], .sqlstate = texts[1], .message = texts[2], .detail = texts[3], .hint = texts[4]};
    const auto body = body_of('E', [&](std::string& out) { append_error(out, given); });
    RC_ASSERT(body_of('N', [&](std::string& out) { append_notice(out, given); }) == body);
    const auto notice = decode_notice(body);
    RC_ASSERT(notice.has_value());
    RC_ASSERT(notice->severity == texts[0] && notice->sqlstate == texts[1] && notice->message == texts[2]);
    RC_ASSERT(notice->detail == texts[3] && notice->hint == texts[4]);
  }));
}

TEST(BackendProperty, RenamingChangesTheMessageAlone) {
  EXPECT_TRUE(rc::check([] {
    const std::string from = 'f' + any_text(), to = any_text(), hint = "\"" + from + "\"";
    const std::string message = "statement \"" + from + "\" is not there";
    std::string error;
    append_error(error, {.severity = "ERROR", .sqlstate = "26000", .message = message, .hint = hint});
    const auto renamed =
        body_of('E', [&](std::string& out) { append_error_renamed(out, Bytes(error).substr(header_size), from, to); });
    const auto notice = decode_notice(renamed);
    RC_ASSERT(notice.has_value());
    RC_ASSERT(notice->message == "statement \"" + to + "\" is not there");
    RC_ASSERT(notice->hint == hint && notice->sqlstate == "26000");
  }));
}

TEST(BackendProperty, StartOfASession) {
  EXPECT_TRUE(rc::check([](std::uint32_t pid, std::uint16_t minor) {
    const std::string name = any_text(), value = any_text(), secret = any_bytes(least_secret, most_secret);
    const auto status = body_of('S', [&](std::string& out) { append_parameter_status(out, name, value); });
    RC_ASSERT(decode_parameter_status(status).value().name == name);
    RC_ASSERT(decode_parameter_status(status).value().value == value);
    const auto key = body_of('K', [&](std::string& out) { append_backend_key(out, pid, secret); });
    RC_ASSERT(decode_backend_key(key).value().pid == pid);
    RC_ASSERT(decode_backend_key(key).value().secret == secret);
    const Texts options = any_texts(true), mechanisms = any_texts(false);
    const auto version = body_of('v', [&](std::string& out) { append_negotiate_version(out, minor, views(options)); });
    RC_ASSERT(decode_negotiate_version(version).value().minor == minor);
    RC_ASSERT(decode_negotiate_version(version).value().unsupported == views(options));
    const auto sasl = body_of('R', [&](std::string& out) { append_sasl_request(out, views(mechanisms)); });
    RC_ASSERT(decode_authentication(sasl).value().kind == Authentication::sasl);
    RC_ASSERT(sasl_mechanisms(decode_authentication(sasl).value().data) == views(mechanisms));
  }));
}

}  // namespace
}  // namespace lockkeeper::wire::postgres
