// Gives a session what two streams say, as a relay does: cut into packets, each message's head as far as it is wanted.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "track/mysql/session.hpp"

namespace lockkeeper::testing::mysql {

class Listener {
 public:
  using Session = track::mysql::Session;
  using Step = track::mysql::Step;

  explicit Listener(Session& session) : session_(session) {}

  /// The steps of all messages that begin in these bytes, or whose head is complete with them.
  std::vector<Step> client(std::string_view bytes, model::WallTime now) { return take(from_client_, true, bytes, now); }
  std::vector<Step> server(std::string_view bytes, model::WallTime now) {
    return take(from_server_, false, bytes, now);
  }

  /// The most that was held at one time.
  [[nodiscard]] std::size_t most_held() const { return most_held_; }

 private:
  struct Stream {
    wire::mysql::Framing framing;
    std::string held;      // The head of a packet that is not complete.
    std::size_t left = 0;  // Of the last packet's body, still to be passed on.
  };

  [[nodiscard]] std::size_t wanted(bool client, std::uint32_t size, std::string_view have) const {
    return client ? session_.wanted_from_client(size, have) : session_.wanted_from_server(size);
  }

  std::vector<Step> take(Stream& stream, bool client, std::string_view bytes, model::WallTime now) {
    std::vector<Step> steps;
    const auto pass_body = [&] {
      const std::size_t part = std::min(stream.left, bytes.size());
      bytes.remove_prefix(part);
      stream.left -= part;
    };
    pass_body();
    std::string input = stream.held + std::string(bytes);
    bytes = input;
    while (const auto header = wire::mysql::read_header(bytes)) {
      const std::string_view have = bytes.substr(wire::mysql::header_size, header->body);
      wire::mysql::Framing framing = stream.framing;
      const auto packet = framing.next(*header);
      if (!packet) session_.lose();
      if (packet && packet->begins) {
        if (have.size() < wanted(client, header->body, have)) break;
        const track::mysql::Message message{header->body, have};
        steps.push_back(client ? session_.client(message, now) : session_.server(message, now));
      } else if (packet && !client) {
        session_.server_goes_on(header->body);
      }
      stream.framing = framing;
      bytes.remove_prefix(wire::mysql::header_size);
      stream.left = header->body;
      pass_body();
    }
    stream.held = bytes;
    most_held_ = std::max(most_held_, stream.held.size());
    return steps;
  }

  Session& session_;
  Stream from_client_;
  Stream from_server_;
  std::size_t most_held_ = 0;
};

}  // namespace lockkeeper::testing::mysql
