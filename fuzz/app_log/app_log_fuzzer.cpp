// An application's log. The first byte says how it is cut into pieces.
//
// Promised and checked: pieces tell what the whole tells; what is kept of a line is bounded, and has no control
// characters.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "collect/applog/lines.hpp"
#include "collect/applog/parser.hpp"

namespace {

using namespace lockkeeper;
using collect::applog::LineCutter;
using collect::applog::LocalTime;
using collect::applog::Parser;

constexpr std::size_t most_kept = 1'500;  // 300 bytes of a message, each of which may become three

model::WallTime utc(LocalTime time) { return model::WallTime(time.time_since_epoch()); }

std::vector<model::PoolComplaint> read(std::string_view text, std::size_t piece) {
  const model::WallTime now(std::chrono::hours(500'000));
  Parser parser("shop", "shop.log", utc);
  LineCutter cutter;
  const auto each = [&](std::string_view line) { parser.read(line, now, true); };
  while (!text.empty()) {
    cutter.add(text.substr(0, piece), each);
    text.remove_prefix(std::min(piece, text.size()));
  }
  cutter.finish(each);
  parser.pause();
  parser.pause();
  return parser.take();
}

bool is_printable(std::string_view text) {
  return std::ranges::none_of(text, [](char letter) { return static_cast<unsigned char>(letter) < 0x20; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read(text, size);
  const auto cut = read(text, data[0] % 64U + 1);
  LK_ASSERT(whole.size() == cut.size());
  for (std::size_t index = 0; index < whole.size(); ++index) {
    LK_ASSERT(whole[index].at == cut[index].at && whole[index].line == cut[index].line);
    LK_ASSERT(whole[index].line.size() <= most_kept && is_printable(whole[index].line));
    LK_ASSERT(is_printable(whole[index].pool) && is_printable(whole[index].connection));
    LK_ASSERT(whole[index].place.size() <= 3);
  }
  return 0;
}
