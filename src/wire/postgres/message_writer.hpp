// One message being appended: the room's own tool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/byte_writer.hpp"

namespace lockkeeper::wire::postgres {

/// Writes type and length first; the length is right once it goes out of scope.
class MessageWriter : public base::ByteWriter {
 public:
  MessageWriter(std::string& out, char type) : ByteWriter(out) {
    byte(type);
    start();
  }
  /// A start-up packet, which has no type.
  explicit MessageWriter(std::string& out) : ByteWriter(out) { start(); }
  MessageWriter(const MessageWriter&) = delete;
  MessageWriter& operator=(const MessageWriter&) = delete;
  ~MessageWriter() { set_uint32_big(length_at_, static_cast<std::uint32_t>(position() - length_at_ + to_follow_)); }

  /// So many more bytes of the body are written by somebody else.
  void expect(std::size_t bytes) noexcept { to_follow_ = bytes; }

 private:
  void start() {
    length_at_ = position();
    uint32_big(0);
  }

  std::size_t length_at_ = 0;
  std::size_t to_follow_ = 0;
};

}  // namespace lockkeeper::wire::postgres
