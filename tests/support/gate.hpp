// A TCP gate between a client and a server on loopback, for the faults of a network: cut, stalled, refused, slow, in
// single bytes, closed or reset on one side alone.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/loopback.hpp"

namespace lockkeeper::testing {

/// Forwards every connection to its port to `server_port`, on one thread of its own. An orderly end (FIN) of one side
/// is passed on as one, the other direction goes on. Thread-safe.
class Gate {
 public:
  explicit Gate(std::uint16_t server_port);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  [[nodiscard]] std::uint16_t port() const noexcept { return listener_.port(); }

  /// Cuts all connections, by reset (RST).
  void cut_all() { cut_ = true; }
  /// New connections are reset at once while on.
  void refuse(bool on) { refusing_ = on; }
  /// Nothing is forwarded in either direction while on; connections stay.
  void stall(bool on) { stalling_ = on; }
  /// Bytes are forwarded in pieces of at most so many, each a packet of its own; 0: as they come. 1 is one at a time.
  void pace(std::size_t bytes) { pace_ = bytes; }
  /// What comes from now on is forwarded so much later.
  void delay(std::chrono::milliseconds time) { delay_ms_ = static_cast<int>(time.count()); }

  enum class Side : unsigned { client, server };
  /// All connections: that side is told that no more bytes will come (FIN), though the other may go on sending; what it
  /// sends is thrown away. The other direction works on.
  void half_close(Side told) { (told == Side::client ? half_close_client_ : half_close_server_) = true; }
  /// All connections: that side is reset (RST). The other side's connection stays open and leads nowhere, as after a
  /// router has lost its memory.
  void reset_one(Side told) { (told == Side::client ? reset_client_ : reset_server_) = true; }

  /// Called with every piece that a client sends, before it is forwarded. When it returns `cut_reply`, the piece is
  /// forwarded, what the server answers is thrown away, and the connection is cut as soon as the answer has come: what
  /// a client sees when the network dies between COMMIT and its reply.
  /// With `hold` it is forwarded once holding is over, and what follows on its connection with it.
  enum class Verdict { forward, hold, cut_reply, cut_now };
  void judge(std::function<Verdict(std::string_view)> judge);
  /// How many pieces are held; they go when nobody judges any more.
  [[nodiscard]] int held() const noexcept { return held_; }

  /// The server's next answer bytes are forwarded up to so many bytes, over all connections, then that connection is
  /// cut on the server's side (RST to the server, FIN to the client): a server that dies inside a message.
  void cut_answer_after(std::size_t bytes) { answer_left_ = static_cast<std::int64_t>(bytes); }

  [[nodiscard]] int cuts() const noexcept { return cuts_; }
  /// Connections now open on the server's side.
  [[nodiscard]] int open() const noexcept { return open_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Piece {
    Clock::time_point due;
    std::string bytes;
    bool held = false;
  };
  // One way of a connection: what was received and not yet sent.
  struct Way {
    std::deque<Piece> queue;
    std::size_t queued = 0;
    bool source_ended = false;
    bool ended = false;  // The end has been passed on; later bytes are thrown away.
  };
  struct Pair {
    int client = -1;
    int server = -1;
    bool cut_at_answer = false;
    Way up, down;  // To the server, to the client.
  };
  void serve();
  void accept_one();
  [[nodiscard]] bool serve_pair(Pair& pair, short client_events, short server_events);
  [[nodiscard]] bool receive(Pair& pair, bool from_client);
  [[nodiscard]] bool take(Pair& pair, bool from_client, std::string_view bytes);
  [[nodiscard]] bool take_answer(Pair& pair, std::string_view bytes);
  void put(Way& way, std::string_view bytes, bool held = false);
  [[nodiscard]] bool flush(Way& way, int& socket);
  void apply_switches(bool reset_client, bool reset_server, bool half_client, bool half_server);
  void cut(Pair& pair) noexcept;

  std::uint16_t server_port_;
  LoopbackListener listener_{128};
  std::atomic<bool> stopping_{false}, cut_{false}, refusing_{false}, stalling_{false};
  std::atomic<bool> half_close_client_{false}, half_close_server_{false}, reset_client_{false}, reset_server_{false};
  std::atomic<std::size_t> pace_{0};
  std::atomic<int> delay_ms_{0};
  std::atomic<std::int64_t> answer_left_{-1};
  std::atomic<int> cuts_{0}, open_{0}, held_{0};
  std::mutex mutex_;
  std::function<Verdict(std::string_view)> judge_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::thread thread_;
};

}  // namespace lockkeeper::testing
