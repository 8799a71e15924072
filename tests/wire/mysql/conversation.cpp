#include "wire/mysql/conversation.hpp"

#include <stdexcept>

#include "wire/mysql/rewrite.hpp"

namespace lockkeeper::testing::mysql {
namespace {

namespace my = lockkeeper::wire::mysql;

[[noreturn]] void refuse(const std::string& what) { throw std::runtime_error(what); }

std::string name_of_part(my::ReplyPart part, bool binary) {
  switch (part) {
    case my::ReplyPart::ok: return "Ok";
    case my::ReplyPart::error: return "Error";
    case my::ReplyPart::progress: return "Progress";
    case my::ReplyPart::result_header: return "ResultHeader";
    case my::ReplyPart::column: return "Column";
    case my::ReplyPart::end_of_columns: return "EndOfColumns";
    case my::ReplyPart::row: return binary ? "BinaryRow" : "Row";
    case my::ReplyPart::end_of_rows: return "EndOfRows";
    case my::ReplyPart::prepared: return "Prepared";
    case my::ReplyPart::parameter: return "Parameter";
    case my::ReplyPart::end_of_parameters: return "EndOfParameters";
    case my::ReplyPart::file_request: return "FileRequest";
    case my::ReplyPart::text: return "Text";
    case my::ReplyPart::field: return "Field";
    case my::ReplyPart::end_of_fields: return "EndOfFields";
    case my::ReplyPart::event: return "Event";
    case my::ReplyPart::end_of_events: return "EndOfEvents";
    default: refuse("a packet that was " + std::string(my::to_string(part)));
  }
}

std::string name_of_part(my::ClientPart part) {
  switch (part) {
    case my::ClientPart::login: return "LoginData";
    case my::ClientPart::file: return "File";
    case my::ClientPart::end_of_file: return "EndOfFile";
    default: refuse("a client's packet that was " + std::string(my::to_string(part)));
  }
}

}  // namespace

std::vector<std::string> take_packets(std::string& bytes) {
  std::vector<std::string> packets;
  std::size_t at = 0;
  for (auto header = my::read_header(bytes); header; header = my::read_header(std::string_view(bytes).substr(at))) {
    if (bytes.size() - at < header->size()) break;
    packets.push_back(bytes.substr(at, header->size()));
    at += header->size();
  }
  bytes.erase(0, at);
  return packets;
}

Packet Conversation::apply(Side side, std::string_view packet) {
  const std::string name = name_of(side, packet);
  Packet described = describe_packet(side, name, packet);
  check_rewritten(described);
  return described;
}

std::string Conversation::name_of(Side side, std::string_view packet) {
  const auto header = my::read_header(packet);
  if (!header || header->size() != packet.size()) refuse("not one packet");
  const std::string_view body = packet.substr(my::header_size);
  const auto place = framings_[side == Side::client ? 0 : 1].next(*header);
  if (!place) refuse(std::string(my::to_string(place.error())));
  if (!place->begins) {
    if (header->sequence != sequence_++) refuse("out of sequence");
    if (side == Side::server) reply_->server_goes_on(header->body);
    return "More";
  }
  if (side == Side::client && settled()) sequence_ = 0;
  if (header->sequence != sequence_++) refuse("out of sequence");
  return side == Side::client ? name_of_client(body, *header) : name_of_server(body, *header);
}

std::string Conversation::begin_login(std::string_view body) {
  const auto request = my::decode_login_request(body);
  if (!request) refuse(std::string(my::to_string(request.error())));
  if (request->tls_request) return "TlsRequest";
  capabilities_ = request->capabilities & offered_;
  reply_ = my::ReplyWalker::login(capabilities_);
  return "LoginRequest";
}

std::string Conversation::name_of_client(std::string_view body, const my::Header& header) {
  if (!greeted_) refuse("the client speaks first");
  if (!reply_) return begin_login(body);
  if (reply_->client_speaks()) return name_of_part(reply_->client(header.body));
  if (!reply_->complete()) refuse("a command before the reply has ended");
  const my::Command command = my::command_of(body);
  reply_ = my::ReplyWalker(command, capabilities_);
  return my::to_string(command).empty() ? "COM_UNKNOWN" : std::string(my::to_string(command));
}

std::string Conversation::name_of_server(std::string_view body, const my::Header& header) {
  if (!greeted_) {
    greeted_ = true;
    if (my::decode_error(body)) return "Error";
    const auto greeting = my::decode_greeting(body);
    if (!greeting) refuse(std::string(my::to_string(greeting.error())));
    offered_ = greeting->capabilities;
    return "Greeting";
  }
  if (!reply_) refuse("a reply to nothing");
  const bool binary = reply_->command() == my::Command::execute || reply_->command() == my::Command::fetch ||
                      reply_->command() == my::Command::bulk_execute;
  const std::string head(body.substr(0, my::reply_head));  // Memory of its own size, for the sanitizer.
  const my::ReplyPart part = reply_->server(head, header.body);
  if (part != my::ReplyPart::login) return name_of_part(part, binary);
  return my::login_reply(body) == my::LoginReply::more_data ? "MoreData" : "SwitchPlugin";
}

void Conversation::check_rewritten(const Packet& packet) const {
  if (my::read_header(packet.bytes)->goes_on()) return;  // An encoder writes whole messages.
  const auto rewritten = rewrite(packet, capabilities_);
  if (rewritten && *rewritten != packet.bytes) refuse("comes out of the encoder otherwise: " + packet.text);
}

}  // namespace lockkeeper::testing::mysql
