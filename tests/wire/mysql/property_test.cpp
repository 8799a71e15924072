// What is encoded is decoded to the same, for any texts and numbers; and no walker gets stuck, whatever it is shown.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "wire/mysql/login.hpp"
#include "wire/mysql/reply_walker.hpp"

namespace lockkeeper::wire::mysql {
namespace {

// Any bytes but zero, which no terminated text can hold.
std::string any_text() {
  auto text = *rc::gen::arbitrary<std::string>();
  std::erase(text, '\0');
  return text;
}

std::string any_bytes(std::size_t least, std::size_t most) {
  return *rc::gen::container<std::string>(*rc::gen::inRange(least, most + 1), rc::gen::arbitrary<char>());
}

Capabilities any_capabilities() { return {*rc::gen::arbitrary<std::uint64_t>()}; }

// Lengths of every form.
std::uint64_t any_length() {
  const auto bits = *rc::gen::inRange(0, 64);
  return *rc::gen::arbitrary<std::uint64_t>() >> static_cast<unsigned>(bits);
}

// The body of the one message that `append` writes behind something else.
template <class Append>
std::string body_of(const Append& append) {
  std::string out = "before";
  append(out);
  const auto header = read_header(Bytes(out).substr(6));
  RC_ASSERT(header.has_value());
  RC_ASSERT(header->size() == out.size() - 6);
  return out.substr(6 + header_size);
}

TEST(MysqlProperty, Greetings) {
  EXPECT_TRUE(rc::check([](std::uint32_t connection, std::uint16_t status, std::uint8_t charset) {
    const std::string version = any_text(), plugin = any_text(), begin = any_bytes(8, 8), scramble = any_bytes(13, 40);
    Greeting given{.server_version = version, .connection_id = connection, .charset = charset, .status = {status}};
    given.capabilities = any_capabilities().with(Capability::protocol_41);
    given.scramble_begin = begin;
    given.scramble_end = scramble;
    given.plugin = plugin;
    const auto body = body_of([&](std::string& out) { append_greeting(out, 0, given); });
    const auto read = decode_greeting(body);
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->server_version == version && read->connection_id == connection && read->scramble_begin == begin);
    RC_ASSERT(read->charset == charset && read->status == given.status);
    const bool mysql = given.capabilities.has(Capability::mysql);
    RC_ASSERT(read->capabilities.bits == (mysql ? given.capabilities.bits & 0xffffffffU : given.capabilities.bits));
    const bool secure = given.capabilities.has(Capability::secure_connection);
    RC_ASSERT(read->scramble_end == (secure ? scramble : ""));
    RC_ASSERT(read->plugin == (given.capabilities.has(Capability::plugin_auth) ? plugin : ""));
  }));
}

TEST(MysqlProperty, LoginRequests) {
  EXPECT_TRUE(rc::check([](std::uint32_t most, std::uint8_t charset, std::uint8_t level) {
    const std::string user = any_text(), answer = any_text(), database = any_text(), plugin = any_text();
    const std::string attributes = any_bytes(0, 400);
    LoginRequest given{.most_packet = most, .charset = charset, .user = user};
    given.capabilities = any_capabilities().with(Capability::protocol_41);
    given.answer = answer;
    given.database = database;
    given.plugin = plugin;
    given.attributes = attributes;
    given.zstd_level = level;
    const auto body = body_of([&](std::string& out) { append_login_request(out, 1, given); });
    RC_PRE(body.size() != 32);  // It would be a request for TLS.
    const auto read = decode_login_request(body);
    RC_ASSERT(read.has_value());
    const auto has = [&](Capability one) { return given.capabilities.has(one); };
    RC_ASSERT(read->user == user && read->answer == answer && read->most_packet == most && read->charset == charset);
    RC_ASSERT(read->database == (has(Capability::database) ? database : ""));
    RC_ASSERT(read->plugin == (has(Capability::plugin_auth) ? plugin : ""));
    RC_ASSERT(read->attributes == (has(Capability::connect_attributes) ? attributes : ""));
    RC_ASSERT(read->zstd_level == (has(Capability::zstd) ? level : 0));
    RC_ASSERT(body_of([&](std::string& out) { append_login_request(out, 1, *read); }) == body);
  }));
}

TEST(MysqlProperty, Attributes) {
  EXPECT_TRUE(rc::check([](const std::vector<std::pair<std::string, std::string>>& given) {
    std::string attributes;
    for (const auto& [name, value] : given) append_attribute(attributes, name, value);
    AttributeReader reader(attributes);
    for (const auto& [name, value] : given) {
      const auto read = reader.next();
      RC_ASSERT(read.has_value());
      RC_ASSERT(read->name == name && read->value == value);
    }
    RC_ASSERT(!reader.next());
  }));
}

TEST(MysqlProperty, Oks) {
  EXPECT_TRUE(rc::check([](std::uint16_t warnings, std::uint16_t status) {
    const Capabilities capabilities = any_capabilities();
    const std::string info = any_bytes(0, 300), changes = any_bytes(0, 300);
    Ok given{.affected_rows = any_length(), .last_insert_id = any_length(), .status = {status}, .warnings = warnings};
    std::string rest;
    append_ok_rest(rest, {info, changes}, given.status, capabilities);
    given.rest = rest;
    const auto body = body_of([&](std::string& out) { append_ok(out, 3, given); });
    const auto read = decode_ok(body);
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->affected_rows == given.affected_rows && read->last_insert_id == given.last_insert_id);
    RC_ASSERT(read->status == given.status && read->warnings == warnings);
    const auto both = decode_ok_rest(*read, capabilities);
    RC_ASSERT(both.has_value());
    RC_ASSERT(both->info == info);
    const bool told = capabilities.has(Capability::session_track) && given.status.session_changed();
    RC_ASSERT(both->session_changes == (told ? changes : ""));
  }));
}

TEST(MysqlProperty, ErrorsEofsAndPrepared) {
  EXPECT_TRUE(rc::check([](std::uint16_t code, std::uint16_t status, std::uint16_t warnings, std::uint32_t number) {
    const std::string state = any_bytes(5, 5), message = any_bytes(0, 100);
    RC_PRE(code != 0xffff);
    const auto error = body_of([&](std::string& out) { append_error(out, 1, {code, state, message}); });
    RC_ASSERT(decode_error(error).value().code == code);
    RC_ASSERT(decode_error(error).value().sqlstate == state);
    RC_ASSERT(decode_error(error).value().message == message);
    const auto eof = body_of([&](std::string& out) { append_eof(out, 1, {warnings, {status}}); });
    RC_ASSERT(decode_eof(eof).value().warnings == warnings);
    RC_ASSERT(decode_eof(eof).value().status == Status{status});
    const Capabilities capabilities = any_capabilities();
    const Prepared given{number, code, status, warnings, !capabilities.has(Capability::optional_metadata)};
    const auto prepared = body_of([&](std::string& out) { append_prepared(out, 1, given, capabilities); });
    const auto read = decode_prepared(prepared, capabilities);
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->statement == number && read->columns == code && read->parameters == status);
    RC_ASSERT(read->definitions == given.definitions);
  }));
}

TEST(MysqlProperty, QueriesAndChangesOfUser) {
  EXPECT_TRUE(rc::check([](std::uint16_t charset) {
    const Capabilities capabilities = any_capabilities();
    const std::string sql = any_bytes(0, 300), user = any_text(), database = any_text(), answer = any_text();
    const auto query = body_of([&](std::string& out) { append_query(out, sql, capabilities); });
    RC_ASSERT(decode_query(query, capabilities).value().sql == sql);
    ChangeUser given{.user = user, .answer = answer, .database = database, .charset = charset, .plugin = user};
    given.attributes = sql;
    const auto body = body_of([&](std::string& out) { append_change_user(out, given, capabilities); });
    const auto change = decode_change_user(body, capabilities);
    RC_ASSERT(change.has_value());
    RC_ASSERT(change->user == user && change->answer == answer && change->database == database);
    RC_ASSERT(change->charset == charset);
    RC_ASSERT(change->attributes == (capabilities.has(Capability::connect_attributes) ? sql : ""));
  }));
}

// Bodies that begin as real ones do, so that a walk gets somewhere.
std::string any_reply_body() {
  std::string begin =
      *rc::gen::element<std::string>("", std::string(1, '\0'), "\1", "\2", "\xfb", "\xfe", "\xff", "\3def");
  return begin + any_bytes(0, 14);
}

TEST(MysqlProperty, WalkersComeToAnEndOrGoOn) {
  EXPECT_TRUE(rc::check([](std::uint8_t command) {
    ReplyWalker reply(static_cast<Command>(command), any_capabilities());
    std::uint64_t bytes = 0;
    const int most = *rc::gen::inRange(1, 60);
    for (int step = 0; step < most; ++step) {
      const bool complete = reply.complete(), lost = reply.lost(), speaks = reply.client_speaks();
      RC_ASSERT(!(complete && speaks) && !(complete && lost));
      if (speaks && *rc::gen::arbitrary<bool>()) {
        RC_ASSERT(reply.client(*rc::gen::inRange(0U, 3U)) != ClientPart::unexpected);
        continue;
      }
      const std::string body = any_reply_body();
      bytes += header_size + body.size();
      const ReplyPart part = reply.server(body.substr(0, reply_head), static_cast<std::uint32_t>(body.size()));
      RC_ASSERT((part == ReplyPart::unexpected) == reply.lost());
      if (complete || lost) RC_ASSERT(reply.lost());
    }
    RC_ASSERT(reply.outcome().bytes == bytes);
  }));
}

// The head alone says the same as the whole body.
TEST(MysqlProperty, HeadsAreEnough) {
  EXPECT_TRUE(rc::check([](std::uint8_t command) {
    const Capabilities capabilities = any_capabilities();
    ReplyWalker by_head(static_cast<Command>(command), capabilities), by_body = by_head;
    for (int step = 0; step < 20; ++step) {
      const std::string body = any_reply_body() + any_bytes(0, 60);
      const auto size = static_cast<std::uint32_t>(body.size());
      const ReplyPart part = by_head.server(body.substr(0, reply_head), size);
      RC_ASSERT(part == by_body.server(body, size));
      RC_ASSERT(by_head.complete() == by_body.complete());
    }
  }));
}

}  // namespace
}  // namespace lockkeeper::wire::mysql
