// A TCP gate between a client and a server on loopback, for the faults of a network: cut, stalled, refused.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lockkeeper::testing {

/// Forwards every connection to its port to `server_port`, on one thread of its own. Thread-safe.
class Gate {
 public:
  explicit Gate(std::uint16_t server_port);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  /// Cuts all connections, by reset (RST).
  void cut_all() { cut_ = true; }
  /// New connections are reset at once while on.
  void refuse(bool on) { refusing_ = on; }
  /// Nothing is forwarded in either direction while on; connections stay.
  void stall(bool on) { stalling_ = on; }

  /// Called with every piece that a client sends, before it is forwarded. When it returns `cut_reply`, the piece is
  /// forwarded, what the server answers is thrown away, and the connection is cut as soon as the answer has come: what
  /// a client sees when the network dies between COMMIT and its reply.
  enum class Verdict { forward, cut_reply, cut_now };
  void judge(std::function<Verdict(std::string_view)> judge);

  [[nodiscard]] int cuts() const noexcept { return cuts_; }

 private:
  struct Pair {
    int client = -1;
    int server = -1;
    bool cut_at_answer = false;
  };
  void serve();
  void accept_one();
  [[nodiscard]] bool forward_from_client(Pair& pair);
  [[nodiscard]] bool forward_from_server(Pair& pair);
  void cut(Pair& pair) noexcept;

  std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_{false}, cut_{false}, refusing_{false}, stalling_{false};
  std::atomic<int> cuts_{0};
  std::mutex mutex_;
  std::function<Verdict(std::string_view)> judge_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::thread thread_;
};

}  // namespace lockkeeper::testing
