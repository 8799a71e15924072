#include "support/impostor.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace lockkeeper::testing {

Impostor::Impostor(Manner manner, std::string greeting) : manner_(manner), greeting_(std::move(greeting)) {
  if (manner_ != Manner::stays_silent) thread_ = std::thread([this] { serve(); });
}

Impostor::~Impostor() {
  listener_.shut();
  if (thread_.joinable()) thread_.join();
}

void Impostor::serve() {
  for (;;) {
    const int client = listener_.accept();
    if (client < 0) return;
    std::array<char, 1024> ignored{};
    if (manner_ == Manner::answers) static_cast<void>(::recv(client, ignored.data(), ignored.size(), 0));
    static_cast<void>(::send(client, greeting_.data(), greeting_.size(), MSG_NOSIGNAL));
    if (manner_ == Manner::greets_at_once) static_cast<void>(::recv(client, ignored.data(), ignored.size(), 0));
    ::close(client);
  }
}

}  // namespace lockkeeper::testing
