// The same against real servers: what they answer to the transcripts, and where they draw the line themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>

#include "support/servers.hpp"
#include "support/session.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"
#include "wire/raw_connection.hpp"
#include "wire/recording_relay.hpp"
#include "wire/rewrite.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::literals;
namespace pg = lockkeeper::wire::postgres;
using pg::Bytes;
using Parameters = std::vector<std::pair<std::string, std::string>>;

// Those that the transcripts are of: 13 tells a parameter's new value at another point.
std::vector<PostgresVersion> versions_of_transcripts() {
  std::vector<PostgresVersion> versions = installed_postgres();
  std::erase_if(versions, [](const PostgresVersion& version) { return version.major != 15 && version.major != 18; });
  return versions;
}

const Parameters as_postgres{{"user", "postgres"}, {"database", "postgres"}};

class WireServer : public ::testing::TestWithParam<PostgresVersion> {
 protected:
  static void TearDownTestSuite() { servers_.clear(); }

  static PostgresServer& server() {
    auto& server = servers_[GetParam().major];
    if (!server) {
      std::vector<std::string> lines;
      for (const std::string method : {"scram-sha-256", "md5", "password"}) {
        lines.push_back("host all \"" + method + "\" 127.0.0.1/32 " + method);
      }
      server = std::make_unique<PostgresServer>(PostgresServer::start({.version = GetParam(), .hba_lines = lines}));
    }
    return *server;
  }

  static std::unique_ptr<RawConnection> connect(std::uint16_t minor = 0, const Parameters& parameters = as_postgres) {
    auto connection = std::make_unique<RawConnection>(server().port());
    std::string bytes;
    pg::append_startup(bytes, 3, minor, parameters);
    connection->send(bytes);
    return connection;
  }

  static std::unique_ptr<RawConnection> log_in() {
    auto connection = connect();
    receive_until(*connection, "ReadyForQuery");
    return connection;
  }

  // The last of the messages, which has that name.
  static Message receive_until(RawConnection& connection, std::string_view name) {
    for (;;) {
      const Message message = connection.receive();
      if (message.name == name) return message;
      if (message.name == "ErrorResponse" && name == "ReadyForQuery") ADD_FAILURE() << message.text;
    }
  }

  static std::string sqlstate_of(const Message& error) {
    const auto notice = pg::decode_notice(Bytes(error.bytes).substr(pg::header_size));
    return notice ? std::string(notice->sqlstate) : "";
  }

  static void replay(const Transcript& transcript);

 private:
  static inline std::map<int, std::unique_ptr<PostgresServer>> servers_;  // By major version.
};

INSTANTIATE_TEST_SUITE_P(Installed, WireServer, ::testing::ValuesIn(versions_of_transcripts()),
                         [](const auto& instance) { return instance.param.label; });

// What of a message is the same on every server and at every time.
std::string lasting(const Message& message) {
  if (message.name == "BackendKeyData") return message.name + ' ' + std::to_string(message.bytes.size());
  if (message.name == "NotificationResponse") return message.text.substr(message.text.find("channel="));
  if (message.name != "ErrorResponse" && message.name != "NoticeResponse") return message.text;
  const auto notice = pg::decode_notice(Bytes(message.bytes).substr(pg::header_size));
  if (!notice) return "malformed";
  const std::vector<std::string_view> parts{message.name,    notice->severity, notice->sqlstate,
                                            notice->message, notice->detail,   notice->hint};
  std::string text;
  for (const std::string_view part : parts) text += std::string(part) + '|';
  return text;
}

void WireServer::replay(const Transcript& transcript) {
  const auto connection = transcript.login ? log_in() : std::make_unique<RawConnection>(server().port());
  bool ready = transcript.login;  // Which settings are reported at the start depends on the version.
  const auto receive = [&] {
    Message message = connection->receive();
    while (!ready && message.name == "ParameterStatus") message = connection->receive();
    return message;
  };
  for (const Message& message : transcript.messages) {
    if (message.side == Side::frontend) {
      if (message.name == "SSLRequest" || message.name == "GSSENCRequest") connection->expect_answer();
      connection->send(message.bytes);
    } else if (ready || message.name != "ParameterStatus") {
      const Message answer = receive();
      EXPECT_EQ(lasting(answer), lasting(message));
      EXPECT_NE(rewrite(answer), Rewritten::different) << answer.text;
      ready = ready || answer.name == "ReadyForQuery";
    }
  }
  if (transcript.messages.back().name != "Terminate") return;
  EXPECT_TRUE(connection->ended());
}

TEST_P(WireServer, AnswersAsTheTranscriptsSay) {
  int replayed = 0;
  for (const Transcript& transcript : transcripts()) {
    if (transcript.server != "any" && transcript.server != std::to_string(GetParam().major)) continue;
    const ::testing::ScopedTrace trace(__FILE__, __LINE__, transcript.name);
    replay(transcript);
    ++replayed;
  }
  EXPECT_GE(replayed, 15);
}

// Everything that a relay has heard is known to the table, and comes through decoder and encoder.
std::vector<std::string> names_heard(RecordingRelay& relay) {
  std::vector<std::string> names;
  MessageFinder frontend(Side::frontend, false), backend(Side::backend, false);
  std::string from_client, from_server;
  for (const RecordingRelay::Piece& piece : relay.pieces()) {
    const bool client = piece.side == Side::frontend;
    std::string& bytes = client ? from_client : from_server;
    bytes += piece.bytes;
    MessageFinder& finder = client ? frontend : backend;
    for (std::string found = finder.next(bytes); !found.empty(); found = finder.next(bytes)) {
      if (!client && found.size() == 1) continue;
      const auto message = describe_message(piece.side, found, client && found.front() == '\0');
      if (!message) throw std::runtime_error("no layout for " + found);
      EXPECT_NE(rewrite(*message), Rewritten::different) << message->text;
      if (message->name == "SSLRequest" || message->name == "GSSENCRequest") backend.expect_answers(1);
      names.push_back(message->name);
    }
  }
  return names;
}

TEST_P(WireServer, AndALibraryLogInWithEachMethod) {
  const std::vector<std::pair<std::string, std::string>> methods = {{"scram-sha-256", "AuthenticationSASLFinal"},
                                                                    {"md5", "AuthenticationMD5Password"},
                                                                    {"password", "AuthenticationCleartextPassword"}};
  for (const auto& [method, asked] : methods) {
    const std::string stored = method == "md5" ? "md5" : "scram-sha-256";
    Session(server().url())
        .exec("SET password_encryption = '" + stored + "'; CREATE ROLE \"" + method + "\" LOGIN PASSWORD 'opensesame'");
    RecordingRelay relay(server().port());
    Session session("postgresql://" + method + ":opensesame@127.0.0.1:" + std::to_string(relay.port()) + "/postgres");
    EXPECT_EQ(session.value("SELECT 42"), "42");
    const std::vector<std::string> names = names_heard(relay);
    EXPECT_EQ(std::ranges::count(names, asked), 1) << method;
    EXPECT_EQ(std::ranges::count(names, "BackendKeyData"), 1);
    EXPECT_EQ(std::ranges::count(names, "CommandComplete"), 1);
  }
}

TEST_P(WireServer, CancelsByTheKeyThatItGave) {
  for (const std::uint16_t minor : {std::uint16_t{0}, std::uint16_t{2}}) {
    const auto connection = connect(minor);
    const Message given = receive_until(*connection, "BackendKeyData");
    const auto key = pg::decode_backend_key(Bytes(given.bytes).substr(pg::header_size));
    ASSERT_TRUE(key);
    EXPECT_EQ(key->secret.size(), minor == 2 && GetParam().major >= 18 ? 32U : 4U);
    receive_until(*connection, "ReadyForQuery");
    std::string bytes;
    pg::append_query(bytes, "select pg_sleep(600)");
    connection->send(bytes);
    Session observer(server().url());
    wait_until_state(observer, key->pid, "active");
    bytes.clear();
    pg::append_cancel_request(bytes, key->pid, key->secret);
    RawConnection canceller(server().port());
    canceller.send(bytes);
    EXPECT_TRUE(canceller.ended());
    EXPECT_EQ(sqlstate_of(receive_until(*connection, "ErrorResponse")), "57014");
  }
}

// The name of a database so long that the packet has this size; the server knows none of such a name.
std::string answer_to_startup(RawConnection& connection, std::size_t size) {
  const std::size_t others =
      4 + 4 + "user"sv.size() + 1 + "postgres"sv.size() + 1 + "application_name"sv.size() + 2 + 1;
  std::string bytes;
  pg::append_startup(bytes, 3, 0,
                     Parameters{{"user", "postgres"}, {"application_name", std::string(size - others, 'a')}});
  EXPECT_EQ(bytes.size(), size);
  connection.send(bytes);
  return connection.receive().name;
}

TEST_P(WireServer, TakesAStartupPacketAsLongAsWeDo) {
  RawConnection longest(server().port());
  EXPECT_EQ(answer_to_startup(longest, pg::most_startup), "AuthenticationOk");
  RawConnection longer(server().port());
  longer.send("\0\0\x27\x15"s);  // The length alone is enough.
  longer.send(std::string(pg::most_startup + 1 - 4, '\0'));
  EXPECT_TRUE(longer.ended());
}

TEST_P(WireServer, RefusesTheStartupPacketsThatWeRefuse) {
  const std::string version = "\0\3\0\0"s;
  for (const std::string& content : {version + "user\0postgres\0"s, version + "user\0postgres\0\0\0"s,
                                     version + "user\0\0"s, version, version + "user\0postgres\0\0x"s}) {
    std::string packet = "\0\0\0"s + static_cast<char>(content.size() + 4) + content;
    EXPECT_EQ(pg::decode_startup(packet).error(), pg::Malformed::bad_body);
    RawConnection connection(server().port());
    connection.send(packet);
    const std::string state = sqlstate_of(receive_until(connection, "ErrorResponse"));
    EXPECT_EQ(state, "08P01");
  }
}

TEST_P(WireServer, HasOurLimitsForShortMessages) {
  const auto connection = log_in();
  std::string bytes;
  pg::append_message(bytes, 'D', "S" + std::string(pg::most_frontend_body('D') - 2, 'n') + '\0');
  pg::append_sync(bytes);
  connection->send(bytes);
  EXPECT_EQ(sqlstate_of(receive_until(*connection, "ErrorResponse")), "26000");
  receive_until(*connection, "ReadyForQuery");
  bytes.clear();
  pg::append_message(bytes, 'D', "S" + std::string(pg::most_frontend_body('D') - 1, 'n') + '\0');
  connection->send(bytes);
  EXPECT_TRUE(connection->ended()) << "it says why in its log alone";
}

// One Bind of a statement with two parameters: whether the server could read it, whatever it thinks of the rest.
bool server_reads_bind(RawConnection& connection, const std::string& parameters) {
  std::string bytes;
  pg::append_parse(bytes, "", "select $1::text, $2::text", "\0\0"s);
  pg::append_bind_head(bytes, "", "", parameters.size());
  bytes += parameters;
  pg::append_sync(bytes);
  connection.send(bytes);
  bool read = true;
  for (Message message = connection.receive(); message.name != "ReadyForQuery"; message = connection.receive()) {
    if (message.name != "ErrorResponse") continue;
    const auto notice = pg::decode_notice(Bytes(message.bytes).substr(pg::header_size));
    read = notice && notice->sqlstate != "08P01";
  }
  return read;
}

TEST_P(WireServer, ReadsTheParametersThatWeRead) {
  const auto connection = log_in();
  const std::string good = "\0\1\0\0\0\2\0\0\0\1x\xff\xff\xff\xff\0\1\0\0"s;
  ASSERT_TRUE(pg::check_bind_parameters(good));
  EXPECT_TRUE(server_reads_bind(*connection, good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(pg::check_bind_parameters(good.substr(0, size)));
    EXPECT_FALSE(server_reads_bind(*connection, good.substr(0, size))) << size;
  }
  const std::vector<std::string> others = {
      good + "x",
      "\0\0\0\2\0\0\0\1x\xff\xff\xff\xfe\0\0"s,          // A length of -2.
      "\0\3\0\0\0\0\0\0\0\2\0\0\0\1x\0\0\0\0\0\0"s,      // Three formats for two values.
      "\0\2\0\0\0\1\0\2\0\0\0\1x\0\0\0\0\0\2\0\0\0\0"s,  // One for each.
      "\0\0\0\2\0\0\0\1x\0\0\0\0\0\1\0\x09"s,            // A format that nobody knows.
  };
  for (const std::string& parameters : others) {
    EXPECT_EQ(server_reads_bind(*connection, parameters), pg::check_bind_parameters(parameters)) << parameters;
  }
}

}  // namespace
}  // namespace lockkeeper::testing
