// A client of its own making against a real server: the commands that a test wants, with the capabilities it wants.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/mysql/conversation.hpp"

namespace lockkeeper::testing::mysql {

/// Logs in as root without a password, on loopback. Everything that is said goes through a Conversation, which throws
/// where src/wire does not follow. Throws std::runtime_error when something takes longer than default_patience.
class RawClient {
 public:
  RawClient(std::uint16_t port, wire::mysql::Capabilities wanted);
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();

  /// A command and its reply, up to where src/wire has it end; and that the server had no more to say. A file that the
  /// server asks for has these pieces.
  std::vector<Packet> run(wire::mysql::Command command, std::string_view arguments = {},
                          const std::vector<std::string>& file = {});
  std::vector<Packet> query(std::string_view sql, const std::vector<std::string>& file = {});
  /// The number of the statement.
  std::uint32_t prepare(std::string_view sql);

  [[nodiscard]] const wire::mysql::ReplyOutcome& outcome() const { return conversation_.outcome(); }
  [[nodiscard]] wire::mysql::Capabilities capabilities() const { return conversation_.capabilities(); }
  /// All that was said, as lines.
  [[nodiscard]] const std::string& transcript() const { return transcript_; }

 private:
  void send(const std::string& bytes);
  Packet receive();
  Packet note(Packet packet);
  void send_file(std::uint8_t sequence, const std::vector<std::string>& file);
  bool silent();
  bool read_more(int patience_ms);

  int socket_ = -1;
  std::string bytes_;
  std::vector<std::string> received_;
  Conversation conversation_;
  std::string transcript_;
  bool quitting_ = false;
};

}  // namespace lockkeeper::testing::mysql
