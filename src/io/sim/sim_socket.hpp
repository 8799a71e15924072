// One end of a connection in memory.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "io/sim/sim_loop.hpp"
#include "io/socket.hpp"

namespace lockkeeper::io::sim {

/// One direction: what the writer's side has handed over, and when each piece arrives.
struct SimPipe {
  struct Piece {
    TimePoint at;
    std::vector<std::byte> bytes;
  };
  std::deque<Piece> pieces;
  std::size_t under_way = 0;
  TimePoint last{};                     // Nothing overtakes.
  TimePoint end_at = TimePoint::max();  // FIN.
  bool broken = false;
  bool tls = false;  // The writer has begun TLS.
  SimSocket* reader = nullptr;
  SimSocket* writer = nullptr;
};

class SimSocket final : public Socket {
 public:
  SimSocket(SimLoop& loop, std::shared_ptr<SimPipe> in, std::shared_ptr<SimPipe> out, Endpoints endpoints);
  SimSocket(const SimSocket&) = delete;
  SimSocket& operator=(const SimSocket&) = delete;
  ~SimSocket() override;

  void wake(Wakeup* wakeup) noexcept override;
  [[nodiscard]] Bytes receive() override;
  void give_back(Bytes bytes) override;
  void send(Bytes bytes) override;
  [[nodiscard]] std::size_t unsent() const noexcept override { return unsent_.size() - handed_over_; }
  [[nodiscard]] const std::optional<IoError>& ended() const noexcept override { return ended_; }
  [[nodiscard]] bool peer_gone() const noexcept override;
  void end_sending() override;
  void reset() override;
  /// Both sides have to; the bytes stay as they are.
  void start_tls(const TlsContext& context, const std::string& host) override;
  [[nodiscard]] bool tls_established() const noexcept override { return in_->tls && out_->tls; }
  [[nodiscard]] const Endpoints& endpoints() const noexcept override { return endpoints_; }
  [[nodiscard]] std::uint64_t received_bytes() const noexcept override { return received_; }
  [[nodiscard]] std::uint64_t sent_bytes() const noexcept override { return sent_; }

  void flush();
  void signal() noexcept;
  void move_to(SimLoop& loop) noexcept { loop_ = &loop; }

 private:
  [[nodiscard]] bool closed() const noexcept { return fin_wanted_ || broken_here(); }
  [[nodiscard]] bool broken_here() const noexcept { return out_->broken; }
  void break_connection(const char* why);
  void hand_over(std::size_t count);
  void flush_later();
  void drop_unsent() noexcept;

  SimLoop* loop_;
  Wakeup* wakeup_ = nullptr;
  std::shared_ptr<SimPipe> in_, out_;
  Endpoints endpoints_;
  std::vector<std::byte> given_;  // In the owner's hands until the next receive.
  std::vector<std::byte> back_;   // Given back.
  std::vector<std::byte> unsent_;
  std::size_t handed_over_ = 0;  // Of those.
  std::optional<IoError> ended_;
  bool fin_wanted_ = false;
  bool flush_listed_ = false;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace lockkeeper::io::sim
