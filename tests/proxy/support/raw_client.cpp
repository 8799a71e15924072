#include "proxy/support/raw_client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "proxy/support/scram.hpp"
#include "support/loopback.hpp"

namespace lockkeeper::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  return bytes.size() < at + 4 ? 0 : base::load<std::uint32_t, std::endian::big>(bytes.data() + at);
}

milliseconds left_until(Clock::time_point deadline) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(deadline - Clock::now()));
}

}  // namespace

RawClient::RawClient(std::uint16_t port) : socket_(connect_to_loopback(port)) {
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

RawClient::RawClient(const Login& login) : RawClient(login.port) {
  if (!log_in(login)) throw std::runtime_error("refused:\n" + show(greeting_, "  "));
}

RawClient::RawClient(RawClient&& other) noexcept { *this = std::move(other); }
RawClient& RawClient::operator=(RawClient&& other) noexcept {
  std::swap(socket_, other.socket_);
  ending_ = other.ending_;
  inbox_ = std::move(other.inbox_);
  greeting_ = std::move(other.greeting_);
  pid_ = other.pid_;
  secret_ = std::move(other.secret_);
  return *this;
}
RawClient::~RawClient() { close(); }

bool RawClient::log_in(const Login& login, milliseconds patience) {
  Parameters parameters{{"user", login.user}, {"database", login.database}};
  parameters.insert(parameters.end(), login.more.begin(), login.more.end());
  send_bytes(startup_packet(login.minor, parameters));
  const Clock::time_point deadline = Clock::now() + patience;
  for (;;) {
    const auto message = read(left_until(deadline));
    if (!message) {
      if (ending_ == Ending::open) throw std::runtime_error("no end of the login in time");
      return false;
    }
    if (message->type == 'R') {
      if (!authenticate(*message, login)) throw std::runtime_error("an authentication nobody here knows");
      continue;
    }
    greeting_.push_back(*message);
    if (message->type == 'K') {
      pid_ = big_endian(message->body, 0);
      secret_ = message->body.substr(std::min<std::size_t>(4, message->body.size()));
    }
    if (message->type == 'E') return false;
    if (message->type == 'Z') return true;
  }
}

bool RawClient::authenticate(const Message& request, const Login& login) {
  const std::string_view data = std::string_view(request.body).substr(std::min<std::size_t>(4, request.body.size()));
  const auto answer = [this](std::string body) { send(Message{'p', std::move(body)}); };
  switch (big_endian(request.body, 0)) {
    case 0: return true;
    case 3: answer(login.password + '\0'); return true;
    case 5: answer(md5_password(login.user, login.password, data) + '\0'); return true;
    case 10: {
      const std::string first = scram_client_first();
      std::string body;
      base::ByteWriter writer(body);
      writer.text("SCRAM-SHA-256");
      writer.uint32_big(static_cast<std::uint32_t>(first.size()));
      writer.bytes(first);
      answer(body);
      return true;
    }
    case 11: answer(scram_client_final(login.password, data)); return true;
    case 12: return true;
    default: return false;
  }
}

void RawClient::send_bytes(std::string_view bytes, std::size_t piece) {
  const Clock::time_point deadline = Clock::now() + default_patience;
  while (!bytes.empty() && ending_ == Ending::open) {
    const std::size_t some = piece == 0 ? bytes.size() : std::min(piece, bytes.size());
    const ssize_t sent = ::send(socket_, bytes.data(), some, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return;
    pollfd watched{socket_, POLLIN | POLLOUT, 0};
    if (::poll(&watched, 1, static_cast<int>(left_until(deadline).count())) == 0) {
      throw std::runtime_error("nobody takes what a client sends");
    }
    if ((watched.revents & POLLIN) != 0) (void)receive_some(milliseconds(0));
  }
}

bool RawClient::receive_some(milliseconds patience) {
  if (ending_ != Ending::open || socket_ < 0) return false;
  pollfd watched{socket_, POLLIN, 0};
  if (::poll(&watched, 1, static_cast<int>(patience.count())) <= 0) return false;
  std::array<char, 65536> buffer;
  const ssize_t received = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (received <= 0) {
    ending_ = received == 0 ? Ending::orderly : Ending::reset;
    return false;
  }
  inbox_.append(buffer.data(), static_cast<std::size_t>(received));
  return true;
}

std::optional<Message> RawClient::take_message() {
  if (inbox_.size() < 5) return std::nullopt;
  const std::size_t size = 1 + std::size_t{big_endian(inbox_, 1)};
  if (size < 5) throw std::runtime_error("not a message: " + show(raw_bytes(inbox_)));
  if (inbox_.size() < size) return std::nullopt;
  Message message{inbox_.front(), inbox_.substr(5, size - 5)};
  inbox_.erase(0, size);
  return message;
}

std::optional<Message> RawClient::read(milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  for (;;) {
    if (auto message = take_message()) return message;
    if (!receive_some(left_until(deadline)) && (ending_ != Ending::open || Clock::now() >= deadline)) {
      return take_message();
    }
  }
}

std::optional<char> RawClient::read_byte(milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  while (inbox_.empty()) {
    if (!receive_some(left_until(deadline)) && (ending_ != Ending::open || Clock::now() >= deadline)) {
      return std::nullopt;
    }
  }
  const char byte = inbox_.front();
  inbox_.erase(0, 1);
  return byte;
}

Messages RawClient::read_until(char type, int count, milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  Messages messages;
  while (count > 0) {
    auto message = read(left_until(deadline));
    if (!message) {
      if (ending_ != Ending::open) return messages;
      throw std::runtime_error(std::string("no '") + type + "' in time after:\n" + show(messages, "  "));
    }
    if (message->type == type) --count;
    messages.push_back(std::move(*message));
  }
  return messages;
}

Messages RawClient::ask(std::string_view sql, milliseconds patience) {
  send(query(sql));
  return read_until('Z', 1, patience);
}

Ending RawClient::wait_for_end(milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  while (ending_ == Ending::open && Clock::now() < deadline) (void)receive_some(left_until(deadline));
  if (ending_ == Ending::open) throw std::runtime_error("the connection does not end");
  return ending_;
}

void RawClient::half_close() { ::shutdown(socket_, SHUT_WR); }

void RawClient::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void RawClient::reset() {
  const linger at_once{1, 0};
  if (socket_ >= 0) ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void cancel(std::uint16_t port, std::uint32_t pid, std::string_view secret, milliseconds patience) {
  RawClient client(port);
  client.send_bytes(cancel_packet(pid, secret));
  (void)client.wait_for_end(patience);
}

std::string first_cell(const Messages& messages) {
  const auto row = std::ranges::find(messages, 'D', &Message::type);
  if (row == messages.end()) return {};
  const std::vector<Value> values = cells(*row);
  return values.empty() ? std::string() : values.front().value_or("");
}

std::string first_error(const Messages& messages) {
  const auto error = std::ranges::find(messages, 'E', &Message::type);
  return error == messages.end() ? std::string() : error_field(*error, 'C');
}

}  // namespace lockkeeper::testing
