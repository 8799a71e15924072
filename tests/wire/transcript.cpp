#include "wire/transcript.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "wire/postgres/frontend.hpp"

namespace lockkeeper::testing {
namespace {

namespace pg = lockkeeper::wire::postgres;

Transcript read_transcript(const std::filesystem::path& path) {
  Transcript transcript{.name = path.stem().string()};
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("# server: ")) transcript.server = line.substr(10);
    if (line == "# login") transcript.login = true;
    if (line.empty() || line.starts_with("#")) continue;
    transcript.messages.push_back(parse_message(line));
  }
  return transcript;
}

std::vector<Transcript> read_all() {
  std::vector<Transcript> all;
  for (const auto& entry : std::filesystem::directory_iterator(LOCKKEEPER_SOURCE_DIR "/tests/wire/transcripts")) {
    all.push_back(read_transcript(entry.path()));
  }
  std::ranges::sort(all, {}, &Transcript::name);
  return all;
}

}  // namespace

std::string Transcript::stream(Side side) const {
  std::string bytes;
  for (const Message& message : messages) bytes += message.side == side ? message.bytes : "";
  return bytes;
}

const std::vector<Transcript>& transcripts() {
  static const std::vector<Transcript> all = read_all();
  return all;
}

std::size_t MessageFinder::size_of_next(std::string_view bytes) const {
  if (answers_ > 0) return bytes.empty() ? 0 : 1;
  if (startup_) {
    const auto size = pg::startup_size(bytes);
    if (!size) throw std::runtime_error(std::string(pg::to_string(size.error())));
    return *size && bytes.size() >= **size ? **size : 0;
  }
  const auto header = pg::read_header(bytes);
  if (!header) throw std::runtime_error(std::string(pg::to_string(header.error())));
  return *header && bytes.size() >= (*header)->size() ? (*header)->size() : 0;
}

std::string MessageFinder::next(std::string& bytes) {
  const std::size_t size = size_of_next(bytes);
  if (size == 0) return {};
  std::string message = bytes.substr(0, size);
  bytes.erase(0, size);
  if (answers_ > 0) {
    --answers_;
  } else if (startup_) {
    const auto packet = pg::decode_startup(message);
    if (!packet) throw std::runtime_error(std::string(pg::to_string(packet.error())));
    startup_ = packet->kind == pg::StartupKind::ssl_request || packet->kind == pg::StartupKind::gss_request;
  }
  return message;
}

}  // namespace lockkeeper::testing
