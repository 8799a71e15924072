// One direction of a relay: bytes cut into messages, each shown to whoever decides, and passed on as they came.
//
// What is passed on unchanged leaves in as few pieces as it came in. Held is only the beginning of a message that is
// not yet long enough to be judged; bodies stream through.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "track/postgres/session.hpp"
#include "wire/postgres/frame.hpp"

namespace lockkeeper::proxy {

using wire::postgres::Bytes;

enum class Next {
  go_on,
  hold,  ///< The message cannot be judged now: it and what follows are kept, for `retry`.
  stop,  ///< Nothing more is taken of this direction: the rest is dropped.
};

/// A Side decides for one direction. It has:
///   std::size_t wanted(char type, std::uint32_t size)      bytes of the body it must see
///   Next judge(const Message&, std::size_t& skip)          skip: see track::postgres::Step
///   void before_message()                                  sends what the judgement put before the message
///   void forward(Bytes)                                    sends bytes as they came
///   void malformed(wire::postgres::Malformed)
class Flow {
 public:
  /// All of `input` is passed on, held or dropped.
  template <class Side>
  void take(Bytes input, Side& side) {
    if (stopped_) return;
    if (held_.empty()) return process(input, side);
    held_.append(input);
    retry(side);
  }

  template <class Side>
  void retry(Side& side) {
    if (held_.empty() || stopped_) return;
    std::string work;
    work.swap(held_);
    process(work, side);
  }

  /// Nothing of a message is held, and none is half passed on.
  [[nodiscard]] bool between_messages() const noexcept { return held_.empty() && left_ == 0; }
  /// A message was begun to be passed on, and its end has not come.
  [[nodiscard]] bool within_message() const noexcept { return left_ > 0 && forward_; }
  [[nodiscard]] Bytes held() const noexcept { return held_; }
  /// Of the message that is held; 0: none.
  [[nodiscard]] char held_type() const noexcept { return held_.empty() ? '\0' : held_.front(); }
  /// It is not to be passed on, nor what is still to come of it.
  void drop_held_message() {
    const auto header = wire::postgres::read_header(held_);
    if (!header || !*header) return;
    const std::size_t part = std::min(held_.size(), (*header)->size());
    left_ = (*header)->size() - part;
    forward_ = false;
    held_.erase(0, part);
  }
  void stop() noexcept {
    stopped_ = true;
    std::string().swap(held_);
  }

 private:
  template <class Side>
  void process(Bytes input, Side& side) {
    std::size_t sent = 0;  // Of input: everything before is passed on or dropped.
    std::size_t at = 0;
    const auto forward = [&] {
      if (at > sent) side.forward(input.substr(sent, at - sent));
      sent = at;
    };
    while (at < input.size() && !stopped_) {
      if (left_ > 0) {
        pass_body(input, at, sent, forward);
        continue;
      }
      const auto header = wire::postgres::read_header(input.substr(at));
      if (!header) {
        forward();
        side.malformed(header.error());
        return stop();
      }
      if (!*header) break;
      const std::uint32_t size = (*header)->body;
      const std::size_t have = std::min<std::size_t>(input.size() - at - wire::postgres::header_size, size);
      if (have < side.wanted((*header)->type, size)) break;
      std::size_t skip = 0;
      const track::postgres::Message message{(*header)->type, size,
                                             input.substr(at + wire::postgres::header_size, have)};
      const Next next = side.judge(message, skip);
      if (next == Next::hold) break;
      if (skip > 0 || side.has_output()) forward();
      if (side.has_output()) side.before_message();
      const std::size_t total = wire::postgres::header_size + size;
      const std::size_t present = wire::postgres::header_size + have;
      sent += std::min(skip, present);
      at += present;
      left_ = total - present;
      forward_ = skip < total;
      if (next == Next::stop) {
        forward();
        return stop();
      }
    }
    forward();
    if (!stopped_) held_.assign(input.substr(at));
  }

  template <class Forward>
  void pass_body(Bytes input, std::size_t& at, std::size_t& sent, const Forward& forward) {
    const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
    if (!forward_) forward();
    at += part;
    left_ -= part;
    if (!forward_) sent = at;
  }

  std::string held_;
  std::uint64_t left_ = 0;  // Bytes of the current message's body that are still to come.
  bool forward_ = false;    // ... and whether they are passed on.
  bool stopped_ = false;
};

}  // namespace lockkeeper::proxy
