// What src/wire makes of a whole conversation: the name of each packet, in the words of layouts.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/mysql/login.hpp"
#include "wire/mysql/packet_text.hpp"
#include "wire/mysql/reply_walker.hpp"

namespace lockkeeper::testing::mysql {

/// Packets off the front of `bytes`, as far as they are there as a whole.
[[nodiscard]] std::vector<std::string> take_packets(std::string& bytes);

/// Begins with the greeting. Throws std::runtime_error with what is wrong: a packet that src/wire cannot read, that it
/// did not expect, that has not the next sequence number, or that comes out of its encoder with other bytes.
class Conversation {
 public:
  /// The packet is whole. It comes in the order in which both sides have said it.
  Packet apply(Side side, std::string_view packet);

  /// The last reply has ended: the next packet is a command.
  [[nodiscard]] bool settled() const { return reply_ && reply_->complete(); }
  [[nodiscard]] const wire::mysql::ReplyOutcome& outcome() const { return reply_->outcome(); }
  [[nodiscard]] wire::mysql::Capabilities capabilities() const { return capabilities_; }

 private:
  std::string name_of(Side side, std::string_view packet);
  std::string name_of_client(std::string_view body, const wire::mysql::Header& header);
  std::string name_of_server(std::string_view body, const wire::mysql::Header& header);
  std::string begin_login(std::string_view body);
  void check_rewritten(const Packet& packet) const;

  wire::mysql::Capabilities offered_ = {};
  wire::mysql::Capabilities capabilities_ = {};
  std::optional<wire::mysql::ReplyWalker> reply_;
  wire::mysql::Framing framings_[2];
  bool greeted_ = false;
  std::uint8_t sequence_ = 0;  // Of the next packet that is no command.
};

}  // namespace lockkeeper::testing::mysql
