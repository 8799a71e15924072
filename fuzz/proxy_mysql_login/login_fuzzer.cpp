// Two settings and what the two sides of a login say: each message with the side that says it in front.
//
// Promised and checked: what each side is sent is whole packets, numbered without a gap; nothing comes after a refusal;
// a password that a client says under TLS never goes to a server without it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/mysql/login_relay.hpp"
#include "wire/mysql/frame.hpp"
#include "wire/mysql_checks.hpp"

namespace {

using lockkeeper::proxy::ClientTlsMode;
using lockkeeper::proxy::LoginRelay;
using lockkeeper::proxy::LoginRelayStep;
using lockkeeper::proxy::PasswordKey;
using lockkeeper::proxy::ServerTlsMode;
using lockkeeper::wire::mysql::Bytes;
using Verdict = LoginRelayStep::Verdict;

// Short of it bytes may be the same by chance.
constexpr std::size_t telling = 12;

const std::shared_ptr<const PasswordKey>& key() {
  static const auto made = PasswordKey::make();
  return made;
}

std::size_t check_packets(std::string_view bytes) {
  std::size_t count = 0;
  std::uint8_t next = 0;
  while (!bytes.empty()) {
    const auto header = lockkeeper::wire::mysql::read_header(bytes);
    LK_ASSERT(header && header->size() <= bytes.size());
    LK_ASSERT(count == 0 || header->sequence == next);
    next = static_cast<std::uint8_t>(header->sequence + 1);
    bytes.remove_prefix(header->size());
    ++count;
  }
  return count;
}

void play(Bytes input) {
  if (input.size() < 2) return;
  const auto client_tls = static_cast<ClientTlsMode>(static_cast<unsigned char>(input[0]) % 3U);
  const auto server_tls = static_cast<ServerTlsMode>(static_cast<unsigned char>(input[1]) % 5U);
  LoginRelay relay({client_tls, server_tls, key()});
  input.remove_prefix(2);
  bool asked_for_password = false;
  while (input.size() >= 4) {
    const bool from_server = (static_cast<unsigned char>(input[0]) & 1U) != 0;
    const auto sequence = static_cast<std::uint8_t>(input[1]);
    const std::size_t size = static_cast<unsigned char>(input[2]) + 256U * static_cast<unsigned char>(input[3]);
    const std::string body(input.substr(4, size));
    input.remove_prefix(std::min(input.size(), 4 + size));
    if (!from_server && !relay.client_speaks()) continue;
    const LoginRelayStep step = from_server ? relay.server(body, sequence) : relay.client(body, sequence);
    check_packets(step.to_client);
    check_packets(step.to_server + step.to_server_then);
    if (!from_server && asked_for_password && body.size() >= telling) {
      LK_ASSERT(!step.to_server.contains(body) && !step.to_server_then.contains(body));
    }
    const bool open_server = relay.request().tls && !relay.server_has_tls();
    const bool full = step.to_client.size() == 6 && step.to_client.ends_with("\x01\x04");
    asked_for_password = from_server && open_server && full && relay.plugin() == "caching_sha2_password";
    if (step.verdict == Verdict::refused) {
      LK_ASSERT(step.to_server.empty() && step.to_server_then.empty() && !step.to_client.empty());
      return;
    }
    if (step.verdict == Verdict::accepted) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  play(Bytes(reinterpret_cast<const char*>(data), size));
  return 0;
}
