// Stands between a real client and a real server, and keeps what each of them says.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/loopback.hpp"
#include "wire/message_text.hpp"

namespace lockkeeper::testing {

/// Relays one connection after another on loopback, on a thread of its own. Thread-safe.
class RecordingRelay {
 public:
  explicit RecordingRelay(std::uint16_t server_port);
  RecordingRelay(const RecordingRelay&) = delete;
  RecordingRelay& operator=(const RecordingRelay&) = delete;
  ~RecordingRelay();

  [[nodiscard]] std::uint16_t port() const noexcept { return listener_.port(); }

  struct Piece {
    Side side = Side::frontend;
    std::string bytes;
  };
  /// What was said so far, in order, of all connections.
  [[nodiscard]] std::vector<Piece> pieces();

 private:
  void serve();
  void relay(int client, int server);
  bool pass_on(int from, int to, Side side);

  std::uint16_t server_port_;
  LoopbackListener listener_{8};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<Piece> pieces_;  // Guarded by the mutex.
  std::thread thread_;
};

}  // namespace lockkeeper::testing
