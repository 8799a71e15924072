#include "wire/mysql/frame.hpp"

#include "wire/mysql/message_writer.hpp"

namespace lockkeeper::wire::mysql {

std::string_view to_string(Malformed malformed) noexcept {
  switch (malformed) {
    case Malformed::too_long: return "message too long";
    case Malformed::bad_body: return "malformed packet";
    case Malformed::old_protocol: return "protocol before 4.1";
  }
  return "malformed packet";
}

std::uint8_t append_message(std::string& out, std::uint8_t sequence, Bytes body) {
  for (;; body.remove_prefix(most_body), ++sequence) {
    const Bytes part = body.substr(0, most_body);
    append_header(out, static_cast<std::uint32_t>(part.size()), sequence);
    out.append(part);
    if (part.size() < most_body) return static_cast<std::uint8_t>(sequence + 1);
  }
}

}  // namespace lockkeeper::wire::mysql
