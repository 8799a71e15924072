// Capabilities, a status, and pieces of what a client and a server say, each with its side and size in front.
//
// Promised and checked: what comes out of each direction is what went in, but for the beginning of a message that is
// still held; and what is known of the client does not depend on how the bytes came.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/mysql/flow.hpp"
#include "track/mysql/session.hpp"
#include "wire/mysql_checks.hpp"

namespace {

using lockkeeper::proxy::MysqlFlow;
using lockkeeper::track::mysql::Message;
using lockkeeper::track::mysql::Session;
using lockkeeper::wire::mysql::Bytes;
using lockkeeper::wire::mysql::Capabilities;
using lockkeeper::wire::mysql::Status;
namespace model = lockkeeper::model;

const model::WallTime now{std::chrono::hours(400'000)};

class Relay {
 public:
  Relay(Capabilities capabilities, Status status)
      : session_({.record = true, .parameters = true, .keep_literals = true}, {statements_, facts_},
                 std::make_shared<const model::ClientIdentity>(), {capabilities, status, {17, now}, "local", now}) {}

  void say(bool from_server, std::string_view bytes) {
    Side side{*this, from_server};
    (from_server ? from_server_ : from_client_).take(bytes, side);
    (from_server ? said_by_server_ : said_by_client_) += bytes;
    const std::string& out = from_server ? to_client_ : to_server_;
    LK_ASSERT((from_server ? said_by_server_ : said_by_client_).starts_with(out));
  }

  bool operator==(const Relay& other) const {
    const model::RecordedClient mine = session_.recorded(now);
    const model::RecordedClient theirs = other.session_.recorded(now);
    const auto runs = [](const model::RecordedClient& each) {
      return each.transaction ? each.transaction->statements() : -1;
    };
    return to_client_ == other.to_client_ && to_server_ == other.to_server_ && mine.state == theirs.state &&
           runs(mine) == runs(theirs) && session_.lost() == other.session_.lost() &&
           session_.outstanding() == other.session_.outstanding() && facts_.size() == other.facts_.size();
  }

 private:
  struct Side {
    Relay& relay;
    bool server;

    [[nodiscard]] std::size_t wanted(std::uint32_t size, Bytes have) const {
      return server ? relay.session_.wanted_from_server(size) : relay.session_.wanted_from_client(size, have);
    }
    void begins(const Message& message) const {
      // Memory of its own size: the address sanitizer sees a read beyond what was given.
      const std::vector<char> copy(message.body.begin(), message.body.end());
      const Message given{message.size, Bytes(copy.data(), copy.size())};
      static_cast<void>(server ? relay.session_.server(given, now) : relay.session_.client(given, now));
    }
    void goes_on(std::uint32_t size) const {
      if (server) relay.session_.server_goes_on(size);
    }
    void forward(Bytes bytes) const { (server ? relay.to_client_ : relay.to_server_) += bytes; }
    void lost() const { relay.session_.lose(); }
  };

  lockkeeper::track::mysql::StatementCache statements_;
  lockkeeper::track::Facts facts_;
  Session session_;
  MysqlFlow from_client_;
  MysqlFlow from_server_;
  std::string said_by_client_, said_by_server_, to_server_, to_client_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes input(reinterpret_cast<const char*>(data), size);
  if (input.size() < 7) return 0;
  const Capabilities capabilities = lockkeeper::fuzz::mysql::take_capabilities(input);
  const Status status{
      static_cast<std::uint16_t>(static_cast<unsigned char>(input[0]) | (static_cast<unsigned char>(input[1]) << 8U))};
  input.remove_prefix(2);
  Relay whole(capabilities, status);
  Relay bytewise(capabilities, status);
  while (input.size() >= 3) {
    const bool from_server = (static_cast<unsigned char>(input[0]) & 1U) != 0;
    const std::size_t part = static_cast<unsigned char>(input[1]) + 256U * static_cast<unsigned char>(input[2]);
    const Bytes bytes = input.substr(3, part);
    input.remove_prefix(std::min(input.size(), 3 + part));
    if (bytes.empty()) continue;  // a socket that has nothing is not taken from
    whole.say(from_server, bytes);
    for (const char each : bytes) bytewise.say(from_server, std::string_view(&each, 1));
  }
  LK_ASSERT(whole == bytewise);
  return 0;
}
