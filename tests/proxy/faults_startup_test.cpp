// The first bytes of a connection, sensible or not: answered as the server itself answers them.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/faults_stage.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;

class StartupFaults : public Faults {};
INSTANTIATE_TEST_SUITE_P(Setups, StartupFaults,
                         ::testing::Values(Setup{"transaction", "io_uring", 15}, Setup{"session", "epoll", 18}),
                         [](const auto& tested) { return name_of(tested.param); });

std::string bytes_of(std::initializer_list<int> numbers) {
  std::string bytes;
  for (const int number : numbers) bytes += static_cast<char>(number);
  return bytes;
}

// What is sent, and whether the answer ends by itself.
std::vector<std::pair<std::string, std::string>> odd_beginnings() {
  const std::string good = startup_packet(0, {{"user", "postgres"}, {"database", "postgres"}});
  std::string unterminated = good;
  unterminated.pop_back();
  unterminated[3] = static_cast<char>(unterminated[3] - 1);
  return {
      {"a length of 0", bytes_of({0, 0, 0, 0})},
      {"a length of 7", bytes_of({0, 0, 0, 7, 0, 3, 0})},
      {"a length of 1 GiB", bytes_of({0x40, 0, 0, 0, 0, 3, 0, 0})},
      {"a length of 20,000", bytes_of({0, 0, 0x4e, 0x20, 0, 3, 0, 0})},
      {"HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"protocol 2", bytes_of({0, 0, 0, 8, 0, 2, 0, 0})},
      {"protocol 4", bytes_of({0, 0, 0, 9, 0, 4, 0, 0, 0})},
      {"no parameters", startup_packet(0, {})},
      {"an empty user", startup_packet(0, {{"user", ""}})},
      {"no user", startup_packet(0, {{"database", "postgres"}})},
      {"no terminator", unterminated},
      {"bytes behind the terminator",
       [&] {
         std::string longer = good + "more";
         longer[3] = static_cast<char>(longer[3] + 4);
         return longer;
       }()},
  };
}

// Everything that comes, without the fields that name a place in the server's source.
std::string told(std::uint16_t port, const std::string& bytes) {
  RawClient client(port);
  client.send_bytes(bytes);
  std::string text;
  try {
    while (const auto message = client.read(fault_patience)) {
      text += message->type;
      if (message->type == 'E') {
        for (const char field : {'S', 'V', 'C', 'M', 'D', 'H'}) text += " " + error_field(*message, field);
      }
      text += "\n";
      if (message->type == 'R') return text + "asks for the password";
    }
  } catch (const std::exception& error) {
    text += error.what();
  }
  return text + (client.ending() == Ending::open ? "hangs" : "ends") + client.unfinished();
}

// The newest protocol version is the server's own.
std::string without_newest(std::string text) {
  const std::string before = "supports 3.0 to 3.";
  if (const auto at = text.find(before); at != std::string::npos) text.erase(at + before.size(), 1);
  return text;
}

TEST_P(StartupFaults, OddBeginningsAreAnsweredAsByTheServer) {
  FaultsStage stage(GetParam());
  for (const auto& [name, bytes] : odd_beginnings()) {
    EXPECT_EQ(without_newest(told(stage.proxy.port(), bytes)), without_newest(told(stage.server.port(), bytes)))
        << name;
  }
  stage.expect_serves();
}

TEST_P(StartupFaults, AWrongPasswordIsRefusedAsByTheServer) {
  FaultsStage stage(GetParam());
  const auto refused = [](Login login) {
    login.password = "wrong";
    RawClient client(login.port);
    EXPECT_FALSE(client.log_in(login));
    const Message last = client.greeting().back();
    return error_field(last, 'S') + " " + error_field(last, 'C') + " " + error_field(last, 'M');
  };
  EXPECT_EQ(refused(stage.proxy.login()), refused(login_at(stage.server.port())));
}

TEST_P(StartupFaults, EncryptionThatIsNotThereIsDeclined) {
  FaultsStage stage(GetParam());
  for (const bool gss : {false, true}) {
    RawClient client(stage.proxy.port());
    client.send_bytes(encryption_request(gss));
    EXPECT_EQ(client.read_byte(fault_patience), 'N');
    EXPECT_TRUE(client.log_in(stage.proxy.login()));
    EXPECT_EQ(first_cell(client.ask("SELECT 'plain'")), "plain");
  }
}

TEST_P(StartupFaults, BytesBehindAnEncryptionRequestAreRefused) {
  if (peer_stands_in()) GTEST_SKIP() << "Debian's PgBouncer takes them where it has no TLS";
  FaultsStage stage(GetParam());
  RawClient client(stage.proxy.port());
  client.send_bytes(encryption_request(false) + startup_packet(0, {{"user", "postgres"}}));
  (void)client.read_byte(fault_patience);
  const auto message = client.read(fault_patience);
  if (message) {
    EXPECT_EQ(message->type, 'E');
  }
  EXPECT_NE(client.wait_for_end(fault_patience), Ending::open);
}

TEST_P(StartupFaults, ClientsThatComeAndGoWithoutAWordLeaveNothing) {
  FaultsStage stage(GetParam());
  const std::string good = startup_packet(0, {{"user", "postgres"}, {"database", "postgres"}});
  for (std::size_t size = 0; size < good.size(); size += 5) {
    RawClient silent(stage.proxy.port()), resetting(stage.proxy.port());
    silent.send_bytes(good.substr(0, size));
    resetting.send_bytes(good.substr(0, size));
    resetting.reset();
  }
  for (int i = 0; i < 5; ++i) {
    RawClient leaving(stage.proxy.port());
    leaving.send_bytes(good);
    (void)leaving.read(fault_patience);
    leaving.reset();
  }
  stage.expect_serves();
  stage.expect_none_lost();
}

}  // namespace
}  // namespace lockkeeper::testing
