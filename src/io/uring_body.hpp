// What the kernel works on for a socket or a watch. It outlives them until the kernel has let go of it.
#pragma once

#include "io/chunks.hpp"

namespace lockkeeper::io {

class UringSocket;
class Watcher;

/// Which of a body's operations a completion belongs to: the low bits of its user data, the body's address being the
/// rest.
enum class UringTag : std::uint64_t { none, receive, send, send_at_once, hang_up, watch };
inline constexpr std::uint64_t uring_tag_bits = 7;

struct alignas(8) UringBody {
  UringBody* previous = nullptr;  // Among the abandoned.
  UringBody* next = nullptr;
  unsigned under_way = 0;
  bool abandoned = false;
  virtual ~UringBody() = default;
};

struct UringStreamBody final : UringBody {
  UringStreamBody(UringSocket& socket, int open_descriptor) : owner(&socket), descriptor(open_descriptor) {}
  UringSocket* owner;  // nullptr once abandoned.
  int descriptor;      // The body's to close once abandoned.
  bool receiving = false;
  bool sending = false;
  int sent = 0;  // The outcome of the send under way: bytes, or the negative error.
  OutQueue out;  // Of an abandoned socket whose send is under way.
};

struct UringWatchBody final : UringBody {
  Watcher* watcher = nullptr;
  int descriptor = -1;
  bool readable = true;
};

}  // namespace lockkeeper::io
