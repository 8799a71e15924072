// A session that a server still works for though its client has gone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace lockkeeper::proxy {

/// MySQL and MariaDB notice that a connection was closed when they have done what they are doing, and hold their locks
/// until then. Ending it sooner takes another connection, and the right to.
struct Orphan {
  std::string server;              ///< Of [mysql.NAME].
  std::int64_t connection_id = 0;  ///< The server's, which it gives to another one day ...
  std::string client_of_server;    ///< ... so this must be the session's client too: our end, "127.0.0.1:41234".
  std::string user;
};

/// Called on a worker's thread: must not wait.
using OnOrphan = std::function<void(const Orphan&)>;

}  // namespace lockkeeper::proxy
