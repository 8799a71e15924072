// Logins from both sides, verifiers and user files, on any bytes: nothing throws, nothing asserts, and nobody who does
// not know the password comes in.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proxy/auth/client_login.hpp"
#include "proxy/auth/saslprep.hpp"
#include "proxy/auth/server_login.hpp"

namespace {

namespace proxy = lockkeeper::proxy;

void expect(bool holds) {
  if (!holds) std::abort();
}

// A message: its length in one byte, and so many bytes, or as many as there are.
std::string_view take_message(std::string_view& rest) {
  const std::size_t size = static_cast<unsigned char>(rest.front());
  const std::string_view message = rest.substr(1, size);
  rest.remove_prefix(1 + message.size());
  return message;
}

const std::shared_ptr<const proxy::Users>& users() {
  static const auto all = proxy::Users::only("user", "a password that no fuzzer finds", proxy::Key());
  return all;
}

void client_comes(proxy::AuthMethod method, std::string_view messages) {
  proxy::ClientLogin login({method, "user", users(), {"nonce", {'s', 'a', 'l', 't'}}});
  auto step = login.start();
  while (step.verdict == proxy::LoginStep::Verdict::more && !messages.empty()) {
    step = login.message('p', take_message(messages));
  }
  expect(step.verdict != proxy::LoginStep::Verdict::accepted);
}

void server_asks(std::string_view messages) {
  const bool asked = messages.find("SCRAM-SHA-256") != std::string_view::npos;
  proxy::ServerLogin login({"user", proxy::Secret("secret"), std::nullopt, std::nullopt}, {"server", false, false},
                           "nonce");
  for (int turn = 0; turn < 4 && !messages.empty(); ++turn) {
    const auto step = login.authentication(take_message(messages));
    if (step.verdict == proxy::ServerLoginStep::Verdict::failed) expect(!step.reason.empty());
    if (step.verdict == proxy::ServerLoginStep::Verdict::accepted) expect(!asked || !login.learned());
    if (step.verdict != proxy::ServerLoginStep::Verdict::more) break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)) + 1, size - 1);
  switch (data[0] % 6) {
    case 0: client_comes(proxy::AuthMethod::scram_sha_256, text); break;
    case 1: client_comes(proxy::AuthMethod::md5, text); break;
    case 2: client_comes(proxy::AuthMethod::plain, text); break;
    case 3:
      // Work that a server may ask for is bounded, but too slow to fuzz.
      if (text.find("i=") == std::string_view::npos || text.find("i=1") != std::string_view::npos) server_asks(text);
      break;
    case 4:
      if (const auto verifier = proxy::parse_scram_verifier(text)) expect(proxy::to_string(*verifier) == text);
      static_cast<void>(proxy::saslprep(text));
      break;
    default: static_cast<void>(proxy::Users::parse(text, proxy::Key())); break;
  }
  return 0;
}
