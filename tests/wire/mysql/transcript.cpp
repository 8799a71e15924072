#include "wire/mysql/transcript.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace lockkeeper::testing::mysql {
namespace {

Transcript read_transcript(const std::filesystem::path& path) {
  Transcript transcript{.name = path.stem().string()};
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && !line.starts_with("#")) transcript.packets.push_back(parse_packet(line));
  }
  return transcript;
}

std::vector<Transcript> read_all() {
  std::vector<Transcript> all;
  for (const auto& entry : std::filesystem::directory_iterator(LOCKKEEPER_SOURCE_DIR "/tests/wire/transcripts_mysql")) {
    all.push_back(read_transcript(entry.path()));
  }
  std::ranges::sort(all, {}, &Transcript::name);
  return all;
}

}  // namespace

std::string Transcript::stream(Side side) const {
  std::string bytes;
  for (const Packet& packet : packets) bytes += packet.side == side ? packet.bytes : "";
  return bytes;
}

const std::vector<Transcript>& transcripts() {
  static const std::vector<Transcript> all = read_all();
  return all;
}

}  // namespace lockkeeper::testing::mysql
