// The daemon's HTTP server: docs/http-api.md.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "http/settings.hpp"

namespace lockkeeper::http {

/// Has one thread for all connections and one for what takes a while. It reads the board and nothing else of the
/// daemon, and holds no lock while it writes: whatever its clients do, nobody waits for it.
class Server {
 public:
  /// Listens when it returns. The reason, and what to do, where it cannot.
  [[nodiscard]] static std::expected<std::unique_ptr<Server>, std::string> start(HttpSettings settings,
                                                                                 Sources sources);

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// As stop, with no patience.
  ~Server();

  /// Where it listens, with the ports that were taken: "127.0.0.1:9190", in the order of the settings.
  [[nodiscard]] const std::vector<std::string>& addresses() const noexcept;

  /// Takes no more connections, ends event streams and idle connections, and lets answers that have begun go out until
  /// the deadline. An action that runs stops before its next target, and is waited for: so it may take as long as the
  /// timeout of one. Then nothing is called any more.
  void stop(std::chrono::steady_clock::time_point deadline) noexcept;

 private:
  class Body;
  explicit Server(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace lockkeeper::http
