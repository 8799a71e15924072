// A login between two legs: what each side is told, and what is never passed on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proxy/mysql/login_relay.hpp"
#include "wire/mysql/reply.hpp"

namespace lockkeeper::proxy {
namespace {

namespace my = wire::mysql;
using my::Capability;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Verdict = LoginRelayStep::Verdict;

constexpr std::string_view native = "mysql_native_password";
constexpr std::string_view caching_sha2 = "caching_sha2_password";
constexpr std::string_view scramble = "abcdefghijklmnopqrst";

struct Packet {
  std::uint8_t sequence = 0;
  std::string body;
};

std::vector<Packet> packets(std::string_view bytes) {
  std::vector<Packet> all;
  while (const auto header = my::read_header(bytes)) {
    all.push_back({header->sequence, std::string(bytes.substr(my::header_size, header->body))});
    bytes.remove_prefix(header->size());
  }
  EXPECT_TRUE(bytes.empty());
  return all;
}

Packet only(std::string_view bytes) {
  const auto all = packets(bytes);
  EXPECT_EQ(all.size(), 1U);
  return all.empty() ? Packet() : all.front();
}

std::string error_text(std::string_view bytes) {
  const Packet packet = only(bytes);
  const auto error = my::decode_error(packet.body);
  EXPECT_TRUE(error);
  return error ? std::to_string(error->code) + " " + std::string(error->message) : "";
}

const my::Capabilities server_can = my::Capabilities{0xffff'ffffU}.without(Capability::mysql);
const my::Capabilities client_can = my::Capabilities{0}
                                        .with(Capability::protocol_41)
                                        .with(Capability::secure_connection)
                                        .with(Capability::plugin_auth)
                                        .with(Capability::sized_auth)
                                        .with(Capability::connect_attributes)
                                        .with(Capability::database)
                                        .with(Capability::compress)
                                        .with(Capability::deprecate_eof);

/// The two parties, each counting its own packets.
class Login {
 public:
  explicit Login(ClientTlsMode client_tls, ServerTlsMode server_tls, std::shared_ptr<const PasswordKey> key = nullptr)
      : relay({client_tls, server_tls, std::move(key)}) {}

  LoginRelayStep greet(std::string_view plugin, my::Capabilities capabilities = server_can) {
    my::Greeting greeting{.server_version = "9.7.0", .connection_id = 17, .capabilities = capabilities};
    greeting.scramble_begin = scramble.substr(0, 8);
    const std::string end = std::string(scramble.substr(8)) + '\0';
    greeting.scramble_end = end;
    greeting.plugin = plugin;
    std::string bytes;
    my::append_greeting(bytes, 0, greeting);
    return relay.server(only(bytes).body, 0);
  }
  LoginRelayStep request(std::uint8_t sequence, bool tls_request, std::string_view plugin = native) {
    std::string attributes;
    my::append_attribute(attributes, "_client_name", "libmysql");
    my::append_attribute(attributes, "program_name", "shop");
    my::LoginRequest request{.tls_request = tls_request, .capabilities = client_can, .user = "app"};
    if (tls_request || sequence > 1) request.capabilities = client_can.with(Capability::tls);
    request.answer = "proof";
    request.database = "orders";
    request.plugin = plugin;
    request.attributes = attributes;
    std::string bytes;
    my::append_login_request(bytes, sequence, request);
    return relay.client(only(bytes).body, sequence);
  }
  LoginRelayStep ok(std::uint8_t sequence) {
    std::string bytes;
    my::append_ok(bytes, sequence, {.status = {0x0002}});
    return relay.server(only(bytes).body, sequence);
  }
  LoginRelayStep more_data(std::uint8_t sequence, std::string_view data) {
    return relay.server(std::string(1, '\x01') + std::string(data), sequence);
  }

  LoginRelay relay;
};

TEST(MysqlLoginRelay, PassesALoginOnWithoutTls) {
  Login login(ClientTlsMode::disable, ServerTlsMode::disable);
  EXPECT_FALSE(login.relay.client_speaks());
  const auto greeted = login.greet(native);
  const Packet shown = only(greeted.to_client);
  EXPECT_EQ(shown.sequence, 0);
  const auto greeting = my::decode_greeting(shown.body);
  ASSERT_TRUE(greeting);
  EXPECT_EQ(greeting->server_version, "9.7.0");
  EXPECT_EQ(greeting->connection_id, 17U) << "KILL QUERY names the server's own number";
  EXPECT_EQ(std::string(greeting->scramble_begin) + std::string(greeting->scramble_end.substr(0, 12)), scramble);
  for (const Capability never : {Capability::compress, Capability::zstd, Capability::tls})
    EXPECT_FALSE(greeting->capabilities.has(never));
  EXPECT_TRUE(greeting->capabilities.has(Capability::query_attributes));

  const auto identified = login.request(1, false);
  EXPECT_EQ(identified.verdict, Verdict::identified);
  EXPECT_FALSE(identified.server_tls);
  EXPECT_EQ(login.relay.request().user, "app");
  EXPECT_EQ(login.relay.request().database, "orders");
  EXPECT_EQ(login.relay.request().application, "shop");
  const Packet passed = only(identified.to_server_then);
  EXPECT_EQ(passed.sequence, 1);
  const auto request = my::decode_login_request(passed.body);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->answer, "proof");
  EXPECT_FALSE(request->capabilities.has(Capability::compress)) << "a client may ask for what it was not offered";
  EXPECT_TRUE(login.relay.request().capabilities.has(Capability::deprecate_eof));

  const auto accepted = login.ok(2);
  EXPECT_EQ(accepted.verdict, Verdict::accepted);
  EXPECT_EQ(only(accepted.to_client).sequence, 2);
  EXPECT_TRUE(login.relay.status().autocommit());
}

TEST(MysqlLoginRelay, EachLegHasItsOwnTlsAndItsOwnNumbers) {
  Login login(ClientTlsMode::disable, ServerTlsMode::prefer);
  login.greet(native);
  const auto identified = login.request(1, false);
  EXPECT_TRUE(identified.server_tls);
  const Packet asks = only(identified.to_server);
  EXPECT_EQ(asks.sequence, 1);
  EXPECT_TRUE(my::decode_login_request(asks.body)->tls_request);
  EXPECT_THAT(asks.body, ::testing::Not(HasSubstr("app"))) << "nothing of the client goes in the clear";
  EXPECT_EQ(only(identified.to_server_then).sequence, 2);
  EXPECT_EQ(only(login.ok(3).to_client).sequence, 2);

  Login other(ClientTlsMode::allow, ServerTlsMode::disable);
  EXPECT_TRUE(my::decode_greeting(only(other.greet(native).to_client).body)->capabilities.has(Capability::tls));
  const auto begun = other.request(1, true);
  EXPECT_TRUE(begun.client_tls);
  EXPECT_THAT(begun.to_server + begun.to_server_then, IsEmpty());
  const auto then = other.request(2, false);
  EXPECT_TRUE(other.relay.request().tls);
  EXPECT_EQ(only(then.to_server_then).sequence, 1);
  EXPECT_EQ(only(other.ok(2).to_client).sequence, 3);
}

TEST(MysqlLoginRelay, AnotherPluginAndItsAnswersPass) {
  Login login(ClientTlsMode::disable, ServerTlsMode::prefer);
  login.greet(caching_sha2);
  static_cast<void>(login.request(1, false, caching_sha2));
  std::string bytes;
  my::append_switch_plugin(bytes, 3, "client_ed25519", "32 bytes to be signed by somebody");
  const auto asked = login.relay.server(only(bytes).body, 3);
  EXPECT_EQ(asked.verdict, Verdict::go_on);
  EXPECT_EQ(only(asked.to_client).sequence, 2);
  EXPECT_EQ(only(asked.to_client).body, only(bytes).body);
  const auto signature = login.relay.client("signature", 3);
  EXPECT_EQ(only(signature.to_server).sequence, 4);
  EXPECT_EQ(only(signature.to_server).body, "signature");
}

TEST(MysqlLoginRelay, TheFullExchangePassesWhereBothLegsAreAlike) {
  for (const bool tls : {false, true}) {
    Login login(tls ? ClientTlsMode::allow : ClientTlsMode::disable,
                tls ? ServerTlsMode::require : ServerTlsMode::disable);
    login.greet(caching_sha2);
    if (tls) static_cast<void>(login.request(1, true));
    static_cast<void>(login.request(tls ? 2 : 1, false, caching_sha2));
    EXPECT_EQ(only(login.more_data(3, "\x04").to_client).body, "\x01\x04");
    EXPECT_EQ(only(login.relay.client("what it sends", 4).to_server).body, "what it sends");
    EXPECT_EQ(login.ok(5).verdict, Verdict::accepted);
  }
}

TEST(MysqlLoginRelay, APasswordOfAnEncryptedLegIsEncryptedForAnOpenOne) {
  const auto servers = PasswordKey::make();
  ASSERT_TRUE(servers);
  Login login(ClientTlsMode::allow, ServerTlsMode::disable);
  login.greet(caching_sha2);
  static_cast<void>(login.request(1, true));
  static_cast<void>(login.request(2, false, caching_sha2));
  EXPECT_EQ(only(login.more_data(2, "\x04").to_client).body, "\x01\x04");
  const std::string password("secret\0", 7);
  const auto asks = login.relay.client(password, 4);
  EXPECT_EQ(only(asks.to_server).body, "\x02") << "the server's key, before anything of the password";
  EXPECT_THAT(asks.to_client, IsEmpty());
  const auto sends = login.more_data(4, servers->public_pem());
  EXPECT_THAT(sends.to_client, IsEmpty());
  const Packet encrypted = only(sends.to_server);
  EXPECT_EQ(encrypted.sequence, 5);
  EXPECT_EQ(servers->decrypt_password(encrypted.body, scramble), password);
  EXPECT_EQ(only(login.ok(6).to_client).sequence, 5);
}

TEST(MysqlLoginRelay, AServersKeyThatIsNoneRefuses) {
  Login login(ClientTlsMode::allow, ServerTlsMode::disable);
  login.greet(caching_sha2);
  static_cast<void>(login.request(1, true));
  static_cast<void>(login.request(2, false, caching_sha2));
  static_cast<void>(login.more_data(2, "\x04"));
  static_cast<void>(login.relay.client(std::string("secret\0", 7), 4));
  const auto refused = login.more_data(4, "-----BEGIN NONSENSE-----");
  EXPECT_EQ(refused.verdict, Verdict::refused);
  EXPECT_THAT(refused.to_server, IsEmpty());
  EXPECT_THAT(error_text(refused.to_client), HasSubstr("1043"));
}

TEST(MysqlLoginRelay, AClientWithoutTlsGetsOurKeyWhereTheServerWantsThePassword) {
  const auto ours = PasswordKey::make();
  Login login(ClientTlsMode::disable, ServerTlsMode::require, ours);
  login.greet(caching_sha2);
  static_cast<void>(login.request(1, false, caching_sha2));
  EXPECT_EQ(only(login.more_data(3, "\x04").to_client).body, "\x01\x04");
  const auto key = login.relay.client("\x02", 3);
  EXPECT_THAT(key.to_server, IsEmpty());
  const Packet given = only(key.to_client);
  EXPECT_EQ(given.sequence, 4);
  EXPECT_EQ(given.body, "\x01" + ours->public_pem());
  const std::string password("secret\0", 7);
  const auto sends = login.relay.client(*encrypt_password(ours->public_pem(), password, scramble), 5);
  EXPECT_EQ(only(sends.to_server).body, password);
  EXPECT_EQ(only(sends.to_server).sequence, 4);
  EXPECT_EQ(login.ok(5).verdict, Verdict::accepted);
}

TEST(MysqlLoginRelay, AClientThatHasAKeyOfTheServersIsToldWhatToDo) {
  Login login(ClientTlsMode::disable, ServerTlsMode::require, PasswordKey::make());
  login.greet(caching_sha2);
  static_cast<void>(login.request(1, false, caching_sha2));
  static_cast<void>(login.more_data(3, "\x04"));
  const auto refused = login.relay.client(std::string(256, 'x'), 3);
  EXPECT_EQ(refused.verdict, Verdict::refused);
  EXPECT_THAT(error_text(refused.to_client), HasSubstr("get-server-public-key"));
  EXPECT_THAT(refused.to_server, IsEmpty());
}

TEST(MysqlLoginRelay, ClearPasswordsDoNotPassFromAnEncryptedLegToAnOpenOne) {
  for (const std::string_view plugin : {"mysql_clear_password", "dialog"}) {
    Login login(ClientTlsMode::allow, ServerTlsMode::disable);
    login.greet(native);
    static_cast<void>(login.request(1, true));
    static_cast<void>(login.request(2, false));
    std::string bytes;
    my::append_switch_plugin(bytes, 2, plugin, "");
    const auto refused = login.relay.server(only(bytes).body, 2);
    EXPECT_EQ(refused.verdict, Verdict::refused) << plugin;
    EXPECT_THAT(error_text(refused.to_client), HasSubstr("3159")) << plugin;
  }
}

// Its client sends the password at once under TLS, and else asks for the key with another byte.
TEST(MysqlLoginRelay, TheOldSha256PluginIsExchangedWithEachLegToo) {
  const std::string password("secret\0", 7);
  std::string asks;
  my::append_switch_plugin(asks, 2, "sha256_password", std::string(scramble) + '\0');
  const auto servers = PasswordKey::make();
  Login encrypted(ClientTlsMode::allow, ServerTlsMode::disable);
  encrypted.greet(caching_sha2);
  static_cast<void>(encrypted.request(1, true));
  static_cast<void>(encrypted.request(2, false, caching_sha2));
  static_cast<void>(encrypted.relay.server(only(asks).body, 2));
  EXPECT_EQ(only(encrypted.relay.client(password, 4).to_server).body, "\x01");
  const auto sends = encrypted.more_data(4, servers->public_pem());
  EXPECT_EQ(servers->decrypt_password(only(sends.to_server).body, scramble), password);

  const auto ours = PasswordKey::make();
  Login open(ClientTlsMode::disable, ServerTlsMode::require, ours);
  open.greet(caching_sha2);
  static_cast<void>(open.request(1, false, caching_sha2));
  static_cast<void>(open.relay.server(only(asks).body, 3));
  EXPECT_EQ(only(open.relay.client("\x01", 3).to_client).body, "\x01" + ours->public_pem());
  const auto given = open.relay.client(*encrypt_password(ours->public_pem(), password, scramble), 5);
  EXPECT_EQ(only(given.to_server).body, password);

  Login without(ClientTlsMode::disable, ServerTlsMode::require, ours);
  without.greet(caching_sha2);
  static_cast<void>(without.request(1, false, caching_sha2));
  static_cast<void>(without.relay.server(only(asks).body, 3));
  const std::string none("\0", 1);
  EXPECT_EQ(only(without.relay.client(none, 3).to_server).body, none) << "an account without a password";
}

TEST(MysqlLoginRelay, APluginThatHasSentThePasswordAlreadyIsRefused) {
  Login login(ClientTlsMode::allow, ServerTlsMode::disable);
  login.greet(caching_sha2);
  static_cast<void>(login.request(1, true));
  const auto refused = login.request(2, false, "sha256_password");
  EXPECT_EQ(refused.verdict, Verdict::refused);
  EXPECT_THAT(refused.to_server + refused.to_server_then, IsEmpty());
}

TEST(MysqlLoginRelay, TlsThatIsAskedForIsKept) {
  Login strict(ClientTlsMode::require, ServerTlsMode::disable);
  strict.greet(native);
  EXPECT_THAT(error_text(strict.request(1, false).to_client), HasSubstr("3159"));

  Login without(ClientTlsMode::disable, ServerTlsMode::verify_full);
  EXPECT_THAT(error_text(without.greet(native, server_can.without(Capability::tls)).to_client),
              HasSubstr("server_tls.mode"));

  Login not_offered(ClientTlsMode::disable, ServerTlsMode::disable);
  not_offered.greet(native);
  EXPECT_EQ(not_offered.request(1, true).verdict, Verdict::refused);
}

TEST(MysqlLoginRelay, TheServersOwnRefusalsPassAsTheyAre) {
  Login full(ClientTlsMode::disable, ServerTlsMode::disable);
  std::string bytes;
  my::append_error(bytes, 0, {1040, {}, "Too many connections"});
  const auto refused = full.relay.server(only(bytes).body, 0);
  EXPECT_EQ(refused.verdict, Verdict::refused);
  EXPECT_EQ(refused.to_client, bytes);

  Login denied(ClientTlsMode::disable, ServerTlsMode::prefer);
  denied.greet(native);
  static_cast<void>(denied.request(1, false));
  std::string denial;
  my::append_error(denial, 3, {1045, "28000", "Access denied"});
  const auto told = denied.relay.server(only(denial).body, 3);
  EXPECT_EQ(told.verdict, Verdict::refused);
  EXPECT_EQ(only(told.to_client).sequence, 2);
  EXPECT_THAT(told.reason, HasSubstr("1045"));
}

TEST(MysqlLoginRelay, NonsenseIsRefused) {
  Login server(ClientTlsMode::disable, ServerTlsMode::disable);
  EXPECT_EQ(server.relay.server("SSH-2.0-OpenSSH_9.2", 0).verdict, Verdict::refused);
  Login client(ClientTlsMode::disable, ServerTlsMode::disable);
  client.greet(native);
  EXPECT_THAT(error_text(client.relay.client("GET / HTTP/1.1", 1).to_client), HasSubstr("1043"));
  Login early(ClientTlsMode::disable, ServerTlsMode::disable);
  EXPECT_EQ(early.relay.client("x", 0).verdict, Verdict::refused);
  Login reply(ClientTlsMode::disable, ServerTlsMode::disable);
  reply.greet(native);
  static_cast<void>(reply.request(1, false));
  EXPECT_EQ(reply.relay.server("\x42", 2).verdict, Verdict::refused);
}

TEST(MysqlPasswordKey, WhatIsEncryptedIsNotTheMaskAlone) {
  const auto key = PasswordKey::make();
  ASSERT_TRUE(key);
  const std::string password("pass\0", 5);
  const auto one = encrypt_password(key->public_pem(), password, scramble);
  const auto two = encrypt_password(key->public_pem(), password, scramble);
  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, *two) << "padded at random";
  EXPECT_EQ(key->decrypt_password(*one, scramble), password);
  EXPECT_NE(key->decrypt_password(*one, "another scramble!!!!"), password);
  EXPECT_EQ(PasswordKey::make()->decrypt_password(*one, scramble), std::nullopt);
  EXPECT_EQ(encrypt_password(key->public_pem(), std::string(300, 'x'), scramble), std::nullopt) << "too long";
  EXPECT_EQ(encrypt_password("no key", password, scramble), std::nullopt);
}

}  // namespace
}  // namespace lockkeeper::proxy
