// The one place where a driver waits for a socket.
#pragma once

#include <lockkeeper/connection.hpp>

namespace lockkeeper::client {

enum class Interest { read, write, read_or_write };

/// Waits until the socket is ready (or broken, which the next read tells) or the deadline passes.
/// A deadline in the past looks once. Returns whether the socket is ready. Not ended early by signals.
[[nodiscard]] bool wait_for_socket(int socket, Interest interest, Deadline deadline);

/// Whether something has come to read, the end of the stream included. Never waits.
[[nodiscard]] bool has_input(int socket);

}  // namespace lockkeeper::client
