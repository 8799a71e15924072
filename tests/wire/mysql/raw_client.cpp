#include "wire/mysql/raw_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "support/loopback.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing::mysql {
namespace {

using namespace std::literals;
namespace my = lockkeeper::wire::mysql;

}  // namespace

RawClient::RawClient(std::uint16_t port, my::Capabilities wanted) : socket_(connect_to_loopback(port)) {
  const std::string greeting = receive().bytes;
  const auto greeted = my::decode_greeting(my::Bytes(greeting).substr(my::header_size));
  if (!greeted) throw std::runtime_error(transcript_);
  my::LoginRequest request{.capabilities = wanted, .most_packet = 1U << 24U, .charset = 45, .user = "root"};
  request.database = "test";
  request.plugin = greeted->plugin;
  std::string attributes;
  my::append_attribute(attributes, "program_name", "raw");
  request.attributes = attributes;
  std::string bytes;
  my::append_login_request(bytes, 1, request);
  send(bytes);
  for (Packet packet = receive(); !conversation_.settled(); packet = receive()) {
    if (packet.name == "SwitchPlugin") throw std::runtime_error("root has a password");
  }
  if (outcome().failed) throw std::runtime_error(transcript_);
}

RawClient::~RawClient() { ::close(socket_); }

void RawClient::send(const std::string& bytes) {
  std::string packets = bytes;
  for (const std::string& packet : take_packets(packets)) note(conversation_.apply(Side::client, packet));
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the server does not take what is sent");
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool RawClient::read_more(int patience_ms) {
  pollfd watched{socket_, POLLIN, 0};
  if (::poll(&watched, 1, patience_ms) <= 0) return false;
  std::array<char, 65'536> piece{};
  const ssize_t count = ::recv(socket_, piece.data(), piece.size(), 0);
  if (count == 0 && quitting_) return false;
  if (count <= 0) throw std::runtime_error("the server has ended the connection");
  bytes_.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

Packet RawClient::receive() {
  while (received_.empty()) {
    if (!read_more(static_cast<int>(std::chrono::milliseconds(default_patience).count())))
      throw std::runtime_error("the server is silent after: " + transcript_);
    received_ = take_packets(bytes_);
  }
  const std::string packet = received_.front();
  received_.erase(received_.begin());
  try {
    return note(conversation_.apply(Side::server, packet));
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(error.what() + " after: "s + transcript_);
  }
}

Packet RawClient::note(Packet packet) {
  if (packet.text.size() < 4096) transcript_ += packet.text + '\n';
  return packet;
}

void RawClient::send_file(std::uint8_t sequence, const std::vector<std::string>& file) {
  std::string bytes;
  for (const std::string& piece : file) sequence = my::append_message(bytes, sequence, piece);
  my::append_message(bytes, sequence, {});
  send(bytes);
}

// What the server has to say it has said in one go: had it more, some of it would be here.
bool RawClient::silent() { return received_.empty() && bytes_.empty() && !read_more(0); }

std::vector<Packet> RawClient::run(my::Command command, std::string_view arguments,
                                   const std::vector<std::string>& file) {
  quitting_ = command == my::Command::quit || command == my::Command::binlog_dump;
  std::string bytes;
  my::append_command(bytes, command, arguments);
  send(bytes);
  std::vector<Packet> reply;
  while (!conversation_.settled()) {
    reply.push_back(receive());
    const auto next = static_cast<std::uint8_t>(reply.back().bytes[3] + 1);
    if (reply.back().name == "FileRequest") send_file(next, file);
    if (reply.back().name == "SwitchPlugin") send_file(next, {});  // An empty message: no password.
  }
  if (!silent()) throw std::runtime_error("the server goes on after: " + transcript_);
  return reply;
}

std::vector<Packet> RawClient::query(std::string_view sql, const std::vector<std::string>& file) {
  const bool attributes = capabilities().has(my::Capability::query_attributes);
  return run(my::Command::query, (attributes ? "\0\1"s : ""s).append(sql), file);
}

std::uint32_t RawClient::prepare(std::string_view sql) {
  run(my::Command::prepare, sql);
  if (outcome().failed) throw std::runtime_error(transcript_);
  return outcome().prepared.statement;
}

}  // namespace lockkeeper::testing::mysql
