// TLS on both sides, and what it refuses.
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <thread>
#include <vector>

#include "io/certificates.hpp"
#include "io/harness.hpp"
#include "io/tls.hpp"
#include "support/loopback.hpp"

namespace lockkeeper::io::testing {
namespace {

using Context = std::shared_ptr<const TlsContext>;

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

Context open(const TlsOptions& options) {
  auto context = TlsContext::open(options);
  EXPECT_TRUE(context) << context.error().message;
  return context ? *context : nullptr;
}

TlsOptions server_options() {
  TlsOptions options;
  options.server = true;
  options.certificate_file = certificates().server;
  options.key_file = certificates().server_key;
  return options;
}

TlsOptions client_options(bool verify_peer, bool verify_host, const std::string& authorities) {
  TlsOptions options;
  options.verify_peer = verify_peer;
  options.verify_host = verify_host;
  options.authorities_file = authorities;
  return options;
}

class TlsTest : public OnEachBackend {
 protected:
  // Begins both sides and waits until both know how it went.
  void shake_hands(SocketPair& pair, const Context& client, const std::string& host) {
    pair.server->start_tls(*server_context_, "");
    pair.client->start_tls(*client, host);
    EXPECT_TRUE(until([&] { return is_settled(*pair.client) && is_settled(*pair.server); }));
  }
  static bool is_settled(Socket& socket) { return socket.tls_established() || socket.ended(); }

  const Context server_context_ = open(server_options());
  const Context any_ = open({});
  const Context full_ = open(client_options(true, true, certificates().authority));
};

// As MySQL's clients do: the request in the clear and the handshake come in one piece, and what is to be said in secret
// waits behind them.
TEST_P(TlsTest, BytesThatBelongToTheHandshakeAreGivenBack) {
  auto pair = connected();
  pair.client->send(bytes_of("TLS, please"));
  pair.client->start_tls(*full_, "db.example");
  pair.client->send(bytes_of("secret"));
  Received clear;
  ASSERT_TRUE(until([&] {
    const Bytes bytes = pair.server->receive();
    if (bytes.empty()) return false;
    constexpr std::size_t request = 11;
    clear.text.append(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), request));
    if (bytes.size() > request) pair.server->give_back(bytes.subspan(request));
    return clear.text.size() >= request;
  }));
  EXPECT_EQ(clear.text, "TLS, please");
  pair.server->start_tls(*server_context_, "");
  Received at_server;
  EXPECT_TRUE(until([&] { return at_server.from(*pair.server) == "secret"; }));
  EXPECT_EQ(pair.server->received_bytes(), 17U);
}

/// A blocking server of OpenSSL's own, on a thread: TLS 1.2, in which the client speaks twice before it may say
/// anything.
class OldServer {
 public:
  OldServer() : thread_([this] { serve(); }) {}
  OldServer(const OldServer&) = delete;
  OldServer& operator=(const OldServer&) = delete;
  ~OldServer() {
    listener_.shut();
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

 private:
  // Sends back in capitals what it reads first.
  void serve() const {
    const int socket = listener_.accept();
    if (socket < 0) return;
    const timeval limit{std::chrono::seconds(patience).count(), 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_use_certificate_chain_file(context, certificates().server.c_str());
    SSL_CTX_use_PrivateKey_file(context, certificates().server_key.c_str(), SSL_FILETYPE_PEM);
    SSL* tls = SSL_new(context);
    SSL_set_fd(tls, socket);
    char text[64];
    const int size = SSL_accept(tls) == 1 ? SSL_read(tls, text, sizeof text) : 0;
    std::transform(text, text + std::max(size, 0), text, [](unsigned char each) { return std::toupper(each); });
    if (size > 0) SSL_write(tls, text, size);
    SSL_free(tls);
    SSL_CTX_free(context);
    ::close(socket);
  }

  lockkeeper::testing::LoopbackListener listener_{1};
  std::thread thread_;
};

// Nothing but the peer's bytes wakes the loop: a step of the handshake that was forgotten would stay so.
TEST_P(TlsTest, EachStepOfTheHandshakeLeavesAtOnce) {
  const OldServer server;
  const auto connecting = loop->connect({"127.0.0.1", server.port(), {}}, soon(), driver->wakeup);
  std::unique_ptr<Socket> client;
  Received received;
  EXPECT_TRUE(until([&] {
    if (client) return received.from(*client) == "SECRET" || client->ended();
    auto result = connecting->result();
    if (!result || !*result) return result.has_value();
    client = *std::move(*result);
    client->wake(&driver->wakeup);
    client->start_tls(*any_, "");
    client->send(bytes_of("secret"));
    return false;
  }));
  EXPECT_EQ(received.text, "SECRET");
}

TEST_P(TlsTest, CarriesBytesBothWays) {
  auto pair = connected();
  shake_hands(pair, full_, "db.example");
  ASSERT_TRUE(pair.client->tls_established() && pair.server->tls_established());
  const std::string question = pattern(70'001), answer = pattern(3'000'000, 5);
  pair.client->send(bytes_of(question));
  Received at_server;
  ASSERT_TRUE(until([&] { return at_server.from(*pair.server).size() >= question.size(); }));
  EXPECT_EQ(at_server.text, question);
  pair.server->send(bytes_of(answer));
  pair.server->end_sending();
  Received at_client;
  ASSERT_TRUE(until([&] {
    at_client.from(*pair.client);
    return pair.client->ended().has_value();
  }));
  EXPECT_EQ(at_client.text, answer);
  EXPECT_EQ(pair.client->ended()->reason, Reason::closed);
  EXPECT_EQ(pair.client->ended()->message.find("close_notify"), std::string::npos);
  EXPECT_EQ(pair.client->received_bytes(), answer.size());
  EXPECT_EQ(pair.server->sent_bytes(), answer.size());
  // The other direction is still open.
  pair.client->send(bytes_of("goodbye"));
  at_server.text.clear();
  EXPECT_TRUE(until([&] { return at_server.from(*pair.server) == "goodbye"; }));
}

TEST_P(TlsTest, WhatIsSentBeforeTheHandshakeIsOverWaitsForIt) {
  auto pair = connected();
  pair.client->start_tls(*any_, "db.example");
  pair.client->send(bytes_of("impatient"));
  EXPECT_GT(pair.client->unsent(), 0u);
  pair.server->start_tls(*server_context_, "");
  Received received;
  ASSERT_TRUE(until([&] { return received.from(*pair.server) == "impatient" && pair.client->unsent() == 0; }));
}

TEST_P(TlsTest, BeginsInTheMiddleOfAConversation) {
  auto pair = connected();
  pair.client->send(bytes_of("SSLRequest"));
  Received received;
  ASSERT_TRUE(until([&] { return received.from(*pair.server) == "SSLRequest"; }));
  pair.server->send(bytes_of("S"));
  pair.server->start_tls(*server_context_, "");
  Received answer;
  ASSERT_TRUE(until([&] { return answer.from(*pair.client) == "S"; }));
  pair.client->start_tls(*full_, "db.example");
  pair.client->send(bytes_of("secret"));
  received.text.clear();
  EXPECT_TRUE(until([&] { return received.from(*pair.server) == "secret"; }));
}

TEST_P(TlsTest, ANumericHostIsCheckedAgainstTheCertificatesAddresses) {
  auto pair = connected();
  shake_hands(pair, full_, "127.0.0.1");
  EXPECT_TRUE(pair.client->tls_established());
  auto wrong = connected();
  shake_hands(wrong, full_, "127.0.0.2");
  EXPECT_FALSE(wrong.client->tls_established());
}

TEST_P(TlsTest, AnotherHostsCertificateIsRefused) {
  auto pair = connected();
  shake_hands(pair, full_, "other.example");
  ASSERT_TRUE(pair.client->ended());
  EXPECT_EQ(pair.client->ended()->reason, Reason::tls);
  EXPECT_NE(pair.client->ended()->message.find("hostname mismatch"), std::string::npos)
      << pair.client->ended()->message;
  // The server hears of it.
  ASSERT_TRUE(until([&] {
    while (!pair.server->receive().empty()) {
    }
    return pair.server->ended().has_value();
  }));
}

TEST_P(TlsTest, TheHostDoesNotMatterWhereOnlyTheAuthorityDoes) {
  auto pair = connected();
  shake_hands(pair, open(client_options(true, false, certificates().authority)), "other.example");
  EXPECT_TRUE(pair.client->tls_established());
}

TEST_P(TlsTest, AStrangersCertificateIsRefused) {
  auto pair = connected();
  shake_hands(pair, open(client_options(true, false, certificates().other_authority)), "db.example");
  ASSERT_TRUE(pair.client->ended());
  EXPECT_EQ(pair.client->ended()->reason, Reason::tls);
  EXPECT_NE(pair.client->ended()->message.find("certificate verify failed"), std::string::npos);
}

TEST_P(TlsTest, WithoutAHostNothingCanBeVerified) {
  auto pair = connected();
  shake_hands(pair, full_, "");
  EXPECT_FALSE(pair.client->tls_established());
}

TEST_P(TlsTest, PlainBytesInsteadOfAHandshakeAreAnError) {
  auto pair = connected();
  pair.server->start_tls(*server_context_, "");
  pair.client->send(bytes_of("GET / HTTP/1.0\r\n\r\n"));
  ASSERT_TRUE(until([&] { return pair.server->ended().has_value(); }));
  EXPECT_EQ(pair.server->ended()->reason, Reason::tls);
  EXPECT_NE(pair.server->ended()->message.find("TLS handshake failed: http request"), std::string::npos)
      << pair.server->ended()->message;
  EXPECT_TRUE(pair.server->receive().empty());
  pair.server->send(bytes_of("dropped"));
}

TEST_P(TlsTest, APeerThatLeavesInTheHandshakeIsAnError) {
  auto pair = connected();
  pair.server->start_tls(*server_context_, "");
  pair.client.reset();
  ASSERT_TRUE(until([&] { return pair.server->ended().has_value(); }));
  EXPECT_EQ(pair.server->ended()->reason, Reason::tls);
}

TEST_P(TlsTest, ACutIsToldFromAnEndAndAnEndFromCloseNotify) {
  auto cut = connected();
  shake_hands(cut, any_, "");
  cut.client->reset();
  ASSERT_TRUE(until([&] { return cut.server->receive().empty() && cut.server->ended(); }));
  EXPECT_EQ(cut.server->ended()->reason, Reason::reset);
  auto left = connected();
  shake_hands(left, any_, "");
  left.client.reset();
  ASSERT_TRUE(until([&] { return left.server->receive().empty() && left.server->ended(); }));
  EXPECT_EQ(left.server->ended()->reason, Reason::closed);
  EXPECT_NE(left.server->ended()->message.find("without TLS's close_notify"), std::string::npos);
}

// Between the two sides, hands on a byte at a time.
TEST_P(TlsTest, WorksOneByteAtATime) {
  auto near = connected();
  auto far = connected();
  Socket* from[] = {near.server.get(), far.client.get()};
  Socket* to[] = {far.client.get(), near.server.get()};
  near.client->start_tls(*full_, "db.example");
  far.server->start_tls(*server_context_, "");
  std::string waiting[2];
  Received at_server, at_client;
  near.client->send(bytes_of("drop by drop"));
  bool answered = false;
  EXPECT_TRUE(until([&] {
    for (int side = 0; side < 2; ++side) {
      for (Bytes b = from[side]->receive(); !b.empty(); b = from[side]->receive()) waiting[side] += text_of(b);
      if (waiting[side].empty()) continue;
      to[side]->send(bytes_of(waiting[side].substr(0, 1)));
      waiting[side].erase(0, 1);
      if (!waiting[side].empty()) loop->post([this] { driver->wakeup.signal(); });
    }
    if (at_server.from(*far.server) == "drop by drop" && !answered) {
      far.server->send(bytes_of("and back"));
      answered = true;
    }
    return at_client.from(*near.client) == "and back";
  }));
  EXPECT_TRUE(near.client->tls_established() && far.server->tls_established());
}

TEST_P(TlsTest, AnEncryptedConnectionMovesToAnotherLoop) {
  auto pair = connected();
  shake_hands(pair, any_, "");
  pair.client->send(bytes_of(pattern(30'000)));
  ASSERT_TRUE(until([&] { return pair.client->unsent() == 0; }));
  // The first record is taken here, what came with it goes along.
  std::string text;
  ASSERT_TRUE(until([&] {
    text = text_of(pair.server->receive());
    return !text.empty();
  }));
  pair.server->wake(nullptr);
  std::unique_ptr<Socket> adopted;
  loop->detach(std::move(pair.server), [&](std::unique_ptr<Socket> socket) {
    adopted = loop->adopt(std::move(socket));
    adopted->wake(&driver->wakeup);
  });
  Received received{text};
  ASSERT_TRUE(until([&] { return adopted && received.from(*adopted).size() == 30'000; }));
  EXPECT_EQ(received.text, pattern(30'000));
  adopted->send(bytes_of("still here"));
  Received at_client;
  EXPECT_TRUE(until([&] { return at_client.from(*pair.client) == "still here"; }));
}

TEST_P(TlsTest, ASenderIsSlowedByAReceiverThatDoesNotAsk) {
  auto pair = connected();
  shake_hands(pair, any_, "");
  pair.server->wake(nullptr);
  std::size_t given = 0;
  const std::string block = pattern(100'000);
  bool full = false;
  ASSERT_TRUE(until([&] {
    if (pair.client->unsent() == 0) {
      pair.client->send(bytes_of(block));
      given += block.size();
    } else {
      full = true;
    }
    loop->post([this] { driver->wakeup.signal(); });
    return given > 60'000'000 || (full && pair.client->unsent() > 0);
  }));
  EXPECT_LT(given, 60'000'000u);
  pair.server->wake(&driver->wakeup);
  Received received;
  EXPECT_TRUE(until([&] { return received.from(*pair.server).size() == given; }));
}

LK_ON_EACH_BACKEND(TlsTest);

TEST(TlsContext, SaysWhichFileIsWrong) {
  auto options = server_options();
  options.certificate_file = "/nonexistent/server.pem";
  auto context = TlsContext::open(options);
  ASSERT_FALSE(context);
  EXPECT_NE(context.error().message.find("/nonexistent/server.pem"), std::string::npos) << context.error().message;
  options = server_options();
  options.key_file = certificates().server;
  EXPECT_FALSE(TlsContext::open(options));
  TlsOptions bare;
  bare.server = true;
  context = TlsContext::open(bare);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().message, "TLS as server needs a certificate file and a key file");
}

TEST(TlsContext, RefusesAKeyThatOthersCanRead) {
  auto options = server_options();
  options.key_file += ".open";
  std::filesystem::copy_file(certificates().server_key, options.key_file);
  using std::filesystem::perms;
  std::filesystem::permissions(options.key_file, perms::owner_read | perms::others_read);
  const auto context = TlsContext::open(options);
  ASSERT_FALSE(context);
  EXPECT_NE(context.error().message.find("chmod 600"), std::string::npos) << context.error().message;
  std::filesystem::remove(options.key_file);
}

}  // namespace
}  // namespace lockkeeper::io::testing
