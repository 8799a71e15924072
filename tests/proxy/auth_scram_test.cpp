// SCRAM-SHA-256, both sides, without a server.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proxy/auth/crypto.hpp"
#include "proxy/auth/saslprep.hpp"
#include "proxy/auth/scram.hpp"

namespace lockkeeper::proxy {
namespace {

// RFC 7677, section 3.
constexpr std::string_view client_first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view server_first =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr std::string_view client_last =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
constexpr std::string_view server_last = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
constexpr std::string_view server_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

const ScramVerifier& pencil() {
  static const auto verifier = make_scram_verifier("pencil", *decode_base64("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
  return verifier;
}

ScramServer rfc_server(bool doomed = false) { return {pencil(), std::string(server_nonce), doomed}; }

std::string reason(const std::expected<std::string, ScramFailure>& result) {
  return result ? "accepted: " + *result : result.error().reason;
}

TEST(Scram, TheServerSpeaksTheVectorOfRfc7677) {
  ScramServer server = rfc_server();
  EXPECT_EQ(server.first(client_first), server_first);
  EXPECT_FALSE(server.keys());
  EXPECT_EQ(server.last(client_last), server_last);
  ASSERT_TRUE(server.keys());
  EXPECT_EQ(sha256(server.keys()->client_key.view()), pencil().stored_key);
}

TEST(Scram, AVerifierReadsBackAsItself) {
  const std::string text = to_string(pencil());
  EXPECT_TRUE(is_scram_verifier(text));
  const auto read = parse_scram_verifier(text);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(to_string(*read), text);
  EXPECT_TRUE(matches(*read, "pencil"));
  EXPECT_FALSE(matches(*read, "pencils"));
  EXPECT_FALSE(matches(*read, ""));
}

TEST(Scram, AVerifierCutAnywhereIsNone) {
  const std::string text = to_string(pencil());
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_scram_verifier(text.substr(0, size))) << size;
  }
  EXPECT_FALSE(parse_scram_verifier(text + "A"));
}

TEST(Scram, AVerifiersIterationsAreBounded) {
  const auto with = [](const std::string& iterations) {
    return parse_scram_verifier("SCRAM-SHA-256$" + iterations + to_string(pencil()).substr(18)).has_value();
  };
  EXPECT_TRUE(with("1"));
  EXPECT_TRUE(with("10000000"));
  for (const char* wrong : {"0", "10000001", "99999999999999999999", "-1", "+1", "4096x", "", "04096"}) {
    EXPECT_FALSE(with(wrong)) << wrong;
  }
}

// One login of our client to our server; what the server says of it.
struct Exchange {
  std::string failure;
  std::optional<ScramKeys> server_keys, client_keys;
};
Exchange play(ScramServer server, ScramClient client) {
  const auto first = server.first(client.first());
  if (!first) return {first.error().reason, {}, {}};
  const auto last = client.last(*first);
  if (!last) return {last.error().reason, {}, {}};
  const auto answer = server.last(*last);
  if (!answer) return {answer.error().reason, {}, {}};
  const auto end = client.finish(*answer);
  if (!end) return {end.error().reason, {}, {}};
  return {"", server.keys(), client.keys()};
}

ScramServer server_of(const ScramVerifier& verifier, bool doomed = false) { return {verifier, "servernonce", doomed}; }
ScramClient client_by(std::string_view password) { return {Secret(password), std::nullopt, "clientnonce"}; }

TEST(Scram, TheRightPasswordComesIn) {
  EXPECT_EQ(play(server_of(pencil()), client_by("pencil")).failure, "");
  EXPECT_EQ(play(server_of(pencil()), client_by("pen")).failure, "the password is wrong");
  EXPECT_EQ(play(server_of(pencil()), client_by("")).failure, "the password is wrong");
}

TEST(Scram, ADoomedExchangeFailsEvenWithTheRightPassword) {
  EXPECT_EQ(play(server_of(pencil(), true), client_by("pencil")).failure, "the password is wrong");
}

TEST(Scram, KeysPassThrough) {
  const Exchange in = play(server_of(pencil()), client_by("pencil"));
  ASSERT_TRUE(in.server_keys);
  const Exchange out = play(server_of(pencil()), ScramClient(std::nullopt, in.server_keys, "other"));
  EXPECT_EQ(out.failure, "") << "what the client proved to us, we can prove to the server";
}

TEST(Scram, KeysOfAnotherVerifierSayWhatHappened) {
  const Exchange in = play(server_of(pencil()), client_by("pencil"));
  const auto changed = make_scram_verifier("pencil", "another salt", 4096);
  const Exchange out = play(server_of(changed), ScramClient(std::nullopt, in.server_keys, "other"));
  EXPECT_NE(out.failure.find("not the one that we have"), std::string::npos) << out.failure;
  const Exchange both = play(server_of(changed), ScramClient(Secret("pencil"), in.server_keys, "other"));
  EXPECT_EQ(both.failure, "") << "with the password, the keys are made anew";
  EXPECT_EQ(both.client_keys->salt, "another salt");
}

TEST(Scram, AClientMayHaveChannelBindingThatWeDidNotOffer) {
  ScramServer server = rfc_server();
  ASSERT_TRUE(server.first("y,,n=,r=abc"));
  EXPECT_EQ(reason(server.last("c=biws,r=abc" + std::string(server_nonce) + ",p=" + base64(std::string(32, 'x')))),
            "the last message has another channel binding than the first");
}

struct Wrong {
  std::string message;
  std::string reason;
};

TEST(Scram, FirstMessagesThatAreNone) {
  const std::vector<Wrong> cases{
      {"", "the message is empty"},
      {std::string("n,,n=,r=a\0b", 11), "the message holds a zero byte"},
      {"n,,n=,r=" + std::string(5000, 'a'), "the message has more than 4096 bytes"},
      {"p=tls-server-end-point,,n=,r=abc", "the client asks for channel binding, which was not offered"},
      {"x,,n=,r=abc", "the first message does not begin with a channel binding flag (n, y or p)"},
      {"n,a=other,n=,r=abc", "the client asks to act as another user"},
      {"n,b", "the first message has no end of its header"},
      {"n,,m=ext,n=,r=abc", "the client asks for an extension that we do not know"},
      {"n,,r=abc", "the first message has no user name"},
      {"n,,n=", "the first message has no proper nonce"},
      {"n,,n=,r=", "the first message has no proper nonce"},
      {"n,,n=,r=a b", "the first message has no proper nonce"},
      {"n,,n=,r=abc,", "the first message ends in what is no extension"},
      {"n,,n=,r=abc,m=1", "the first message ends in what is no extension"},
  };
  for (const Wrong& wrong : cases) {
    EXPECT_EQ(reason(rfc_server().first(wrong.message)), wrong.reason) << wrong.message.substr(0, 60);
  }
  EXPECT_TRUE(rfc_server().first("n,,n=,r=abc,x=later"));
}

TEST(Scram, LastMessagesThatAreNone) {
  const std::string nonce = "r=rOprNGfwEbeRWgbNEkqO" + std::string(server_nonce);
  const std::string proof = ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
  const std::vector<Wrong> cases{
      {nonce + proof, "the last message has no channel binding"},
      {"c=biws" + proof, "the last message has no nonce"},
      {"c=biws," + nonce, "the last message has no proof of 32 bytes in base64"},
      {"c=biws," + nonce + ",p=AAAA", "the last message has no proof of 32 bytes in base64"},
      {"c=biws," + nonce + proof + ",x=y", "the last message has no proof of 32 bytes in base64"},
      {"c=biws," + nonce + ",?" + proof, "the last message holds what is no extension"},
      {"c=biws," + nonce + ",m=1" + proof, "the last message holds what is no extension"},
      {"c=eSws," + nonce + proof, "the last message has another channel binding than the first"},
      {"c=biws," + nonce + "x" + proof, "the last message has another nonce than the first"},
      {"c=biws," + nonce + ",x=signed too" + proof, "the password is wrong"},
  };
  for (const Wrong& wrong : cases) {
    ScramServer server = rfc_server();
    ASSERT_TRUE(server.first(client_first));
    EXPECT_EQ(reason(server.last(wrong.message)), wrong.reason) << wrong.message;
    EXPECT_FALSE(server.keys());
  }
}

TEST(Scram, MessagesCutOrChangedAtAnyByteNeverComeIn) {
  for (std::size_t at = 0; at < client_last.size(); ++at) {
    for (std::string message : {std::string(client_last.substr(0, at)), std::string(client_last)}) {
      if (message.size() == client_last.size()) message[at] = static_cast<char>(message[at] ^ 1);
      ScramServer server = rfc_server();
      ASSERT_TRUE(server.first(client_first));
      EXPECT_FALSE(server.last(message)) << message;
    }
  }
  for (std::size_t size = 0; size < client_first.size(); ++size) {
    ScramServer server = rfc_server();
    static_cast<void>(server.first(client_first.substr(0, size)));
    EXPECT_FALSE(server.last(client_last)) << size;
  }
}

TEST(Scram, MessagesOutOfTurnAreRefused) {
  ScramServer server = rfc_server();
  EXPECT_FALSE(server.last(client_last));
  EXPECT_FALSE(server.first(client_first)) << "a failure is final";
  ScramClient client = client_by("pencil");
  EXPECT_FALSE(client.last(server_first));
  EXPECT_FALSE(client.finish(server_last));
}

TEST(Scram, ServersThatAreNone) {
  const std::vector<Wrong> cases{
      {"r=clientnonce,s=AAAA,i=1", "the server's nonce does not begin with ours, or adds nothing to it"},
      {"r=other,s=AAAA,i=1", "the server's nonce does not begin with ours, or adds nothing to it"},
      {"m=x,r=clientnonce2,s=AAAA,i=1", "the server asks for an extension that we do not know"},
      {"s=AAAA,i=1", "the server's first message has no proper nonce"},
      {"r=clientnonce2,s=,i=1", "the server's first message has no salt of 1 to 1024 bytes"},
      {"r=clientnonce2,s=A,i=1", "the server's first message has no salt of 1 to 1024 bytes"},
      {"r=clientnonce2,s=AAAA", "the server's first message has no iterations from 1 to 10000000"},
      {"r=clientnonce2,s=AAAA,i=0", "the server's first message has no iterations from 1 to 10000000"},
      {"r=clientnonce2,s=AAAA,i=10000001", "the server's first message has no iterations from 1 to 10000000"},
      {"r=clientnonce2,s=AAAA,i=1 ", "the server's first message has no iterations from 1 to 10000000"},
      {"r=clientnonce2,s=AAAA,i=1,", "the server's first message ends in what is no extension"},
  };
  for (const Wrong& wrong : cases) {
    ScramClient client = client_by("pencil");
    static_cast<void>(client.first());
    EXPECT_EQ(reason(client.last(wrong.message)), wrong.reason) << wrong.message;
  }
  ScramClient client = client_by("pencil");
  static_cast<void>(client.first());
  EXPECT_NE(reason(client.last("r=clientnonce2,s=AAAA,i=5000000")).find("more than 1000000"), std::string::npos)
      << "so much work is not done on anybody's word";
}

TEST(Scram, AServerMustProveThatItKnowsThePassword) {
  const auto finish = [](const std::string& message) {
    ScramClient client = client_by("pencil");
    static_cast<void>(client.first());
    EXPECT_TRUE(client.last("r=clientnonce2,s=AAAA,i=1"));
    const auto result = client.finish(message);
    return result ? std::string() : result.error().reason;
  };
  EXPECT_EQ(finish("v=" + base64(std::string(32, 'x'))),
            "the server did not prove that it knows the password: it may be somebody else");
  EXPECT_EQ(finish("e=invalid-proof"), "the server says: invalid-proof");
  for (const char* wrong : {"v=AAAA", "v=", "x=y", "v"}) {
    EXPECT_EQ(finish(wrong), "the server's last message has no signature of 32 bytes in base64") << wrong;
  }
}

TEST(Saslprep, DoesWhatPostgresDoes) {
  const auto prepared = [](std::string_view text) { return std::string(saslprep(text).password.view()); };
  EXPECT_EQ(prepared("pencil \x01\x7f"), "pencil \x01\x7f") << "ASCII, whatever it is";
  EXPECT_EQ(prepared("\xc3\xbc\xe4\xb8\xad"), "\xc3\xbc\xe4\xb8\xad") << "composed letters";
  EXPECT_EQ(prepared("a\xc2\xa0"
                     "b"),
            "a b")
      << "a space that does not break";
  EXPECT_EQ(prepared("I\xc2\xadX"), "IX") << "a soft hyphen is nothing (RFC 4013)";
  EXPECT_EQ(prepared("\xc2\xad"), "\xc2\xad") << "nothing left: as it is";
  EXPECT_EQ(prepared("\xc2\xad\x07"), "\xc2\xad\x07") << "a bell is prohibited beside others than ASCII";
  for (const char* broken : {"\xff", "\xc2\xad\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x28\xa1"}) {
    EXPECT_EQ(prepared(broken), broken) << "no UTF-8";
    EXPECT_TRUE(saslprep(broken).certain);
  }
}

TEST(Saslprep, SaysWhereNormalisationMightMatter) {
  EXPECT_TRUE(saslprep("gr\xc3\xbc\xc3\x9f"
                       "e")
                  .certain);
  EXPECT_TRUE(saslprep("\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c").certain);
  EXPECT_FALSE(saslprep("u\xcc\x88").certain) << "a letter and a combining mark";
  EXPECT_FALSE(saslprep("\xc2\xaa").certain) << "the feminine ordinal becomes an a";
  EXPECT_FALSE(saslprep("\xef\xac\x81").certain) << "a ligature";
}

TEST(Base64, IsStrict) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    EXPECT_EQ(decode_base64(base64(text)), text);
  }
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  for (const char* wrong : {"Zg", "Zg=", "Zh==", "Zm9=", "=", "====", "Zg==Zg==", "Zm 9v", "Zm9v\n", "Z===", "Zm-_"}) {
    EXPECT_FALSE(decode_base64(wrong)) << wrong;
  }
}

TEST(Secret, IsWipedWhenItMovesAndComparesByValue) {
  Secret secret("a password");
  const Secret moved = std::move(secret);
  EXPECT_TRUE(secret.empty());  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_EQ(moved, Secret("a password"));
  EXPECT_FALSE(moved == Secret("a passwore"));
  EXPECT_FALSE(moved == Secret("a passwor"));
  std::string text(40, 'x');
  text.resize(3);
  wipe(text);
  EXPECT_EQ(text, "");
  EXPECT_EQ(text.data()[30], '\0') << "what a longer text left behind is gone too";
}

}  // namespace
}  // namespace lockkeeper::proxy
