#include "client/scripted_server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace lockkeeper::testing {

ScriptedServer::ScriptedServer(std::vector<std::string> lines) : lines_(std::move(lines)) {
  thread_ = std::thread([this] { play(); });
}

ScriptedServer::~ScriptedServer() {
  listener_.shut();
  {
    const std::lock_guard lock(mutex_);
    if (client_ >= 0) ::shutdown(client_, SHUT_RDWR);
  }
  thread_.join();
  if (client_ >= 0) ::close(client_);
}

std::string ScriptedServer::heard() {
  const std::lock_guard lock(mutex_);
  return heard_;
}

void ScriptedServer::play() {
  const int client = listener_.accept();
  if (client < 0) return;
  {
    const std::lock_guard lock(mutex_);
    client_ = client;
  }
  for (std::size_t line = 0;; ++line) {
    if (line < lines_.size()) {
      static_cast<void>(::send(client, lines_[line].data(), lines_[line].size(), MSG_NOSIGNAL));
    }
    std::array<char, 4096> buffer{};
    const auto count = ::recv(client, buffer.data(), buffer.size(), 0);
    if (count <= 0) return;
    const std::lock_guard lock(mutex_);
    heard_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

std::string mysql_packet(int sequence, const std::string& payload) {
  return std::string{static_cast<char>(payload.size()), '\0', '\0', static_cast<char>(sequence)} + payload;
}

std::string mysql_greeting(bool with_tls) {
  std::string payload = "\x0a";
  payload += "5.5.5-10.11.19-MariaDB";
  payload += std::string("\0\x2a\0\0\0abcdefgh\0\xfe", 15);
  payload += with_tls ? '\xff' : '\xf7';
  payload += std::string("\x2d\x02\0\xff\x81\x15\0\0\0\0\0\0\x1d\0\0\0ijklmnopqrst\0mysql_native_password\0", 51);
  return mysql_packet(0, payload);
}

}  // namespace lockkeeper::testing
