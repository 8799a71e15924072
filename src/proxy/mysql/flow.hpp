// One direction of a relay: bytes cut into packets, each message's head shown to whoever listens, and all passed on as
// it came.
//
// Held is only the beginning of a message that is not yet long enough to be understood.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "track/mysql/session.hpp"
#include "wire/mysql/frame.hpp"

namespace lockkeeper::proxy {

/// A Side listens to one direction. It has:
///   std::size_t wanted(std::uint32_t size, Bytes have)   bytes of the message's first packet it must see
///   void begins(const track::mysql::Message&)            the first packet of a message
///   void goes_on(std::uint32_t size)                     another packet of it
///   void forward(Bytes)                                  sends bytes as they came
///   void lost()                                          nothing is understood from here on; bytes are passed on
class MysqlFlow {
 public:
  using Bytes = wire::mysql::Bytes;

  /// All of `input` is passed on or held.
  template <class Side>
  void take(Bytes input, Side& side) {
    if (lost_) return side.forward(input);
    if (held_.empty()) return process(input, side);
    held_.append(input);
    std::string work;
    work.swap(held_);
    process(work, side);
  }

  /// Half a packet, or the packets of half a message, have been passed on.
  [[nodiscard]] bool within_message() const noexcept { return left_ > 0 || framing_.open() || lost_; }
  /// The number of the last packet that was passed on.
  [[nodiscard]] std::uint8_t sequence() const noexcept { return sequence_; }

 private:
  template <class Side>
  void process(Bytes input, Side& side) {
    std::size_t at = 0;
    while (at < input.size()) {
      if (left_ > 0) {
        const auto part = static_cast<std::uint32_t>(std::min<std::size_t>(left_, input.size() - at));
        left_ -= part;
        at += part;
        continue;
      }
      const auto header = wire::mysql::read_header(input.substr(at));
      if (!header || !show(input.substr(at + wire::mysql::header_size), *header, side)) break;
      if (lost_) return side.forward(input);
      at += wire::mysql::header_size;
      left_ = header->body;
      sequence_ = header->sequence;
    }
    side.forward(input.substr(0, at));
    held_.assign(input.substr(at));
  }

  /// False: more of it must come first.
  template <class Side>
  bool show(Bytes rest, const wire::mysql::Header& header, Side& side) {
    const Bytes have = rest.substr(0, header.body);
    const bool begins = !framing_.open();
    if (begins && have.size() < side.wanted(header.body, have)) return false;
    const auto packet = framing_.next(header);
    if (!packet) {
      lost_ = true;
      side.lost();
    } else if (begins) {
      side.begins(track::mysql::Message{header.body, have});
    } else {
      side.goes_on(header.body);
    }
    return true;
  }

  std::string held_;
  wire::mysql::Framing framing_;
  std::uint32_t left_ = 0;  // Of the last packet's body, still to come.
  std::uint8_t sequence_ = 0;
  bool lost_ = false;
};

}  // namespace lockkeeper::proxy
