// Why a socket, a name or a handshake failed: for messages and for deciding what to do next.
#pragma once

#include <string>

namespace lockkeeper::io {

enum class Reason {
  refused,      ///< Nobody listens there.
  unreachable,  ///< No route, unknown name, unknown socket file.
  reset,        ///< The peer, or something between, cut the connection.
  closed,       ///< The peer has ended its side in order.
  deadline,     ///< Not in time.
  tls,          ///< The handshake or a record is wrong.
  resources,    ///< No file descriptor, no memory, no port left.
  other,
};

struct IoError {
  Reason reason = Reason::other;
  std::string message;  ///< "connection refused (127.0.0.1:5432)"; without a full stop.
};

}  // namespace lockkeeper::io
