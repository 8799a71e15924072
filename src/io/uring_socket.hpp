// A stream over io_uring: receives only what its owner asks for, sends at the end of the turn.
#pragma once

#include "io/stream.hpp"
#include "io/uring_body.hpp"

namespace lockkeeper::io {

class UringLoop;

class UringSocket final : public Stream {
 public:
  UringSocket(UringLoop& loop, StreamState state);
  ~UringSocket() override;

  void begin_to_leave() override;
  [[nodiscard]] bool has_left() noexcept override;

  // --- completions ---
  void received(int result, std::uint32_t flags);
  void sent(int result);
  void hung_up() noexcept { peer_left(); }

  /// Whether somebody waits for what is to be sent to be gone.
  [[nodiscard]] bool is_awaited() const noexcept { return sending_is_awaited(); }
  /// Its bytes have not been fetched in the turn they came in: they must not hold a buffer that others need.
  void keep_filled();
  /// There are buffers again.
  void receive_again();

 private:
  static constexpr int nothing = -1;

  [[nodiscard]] UringLoop& loop() const noexcept;
  [[nodiscard]] Bytes receive_raw() override;
  [[nodiscard]] bool may_have_news() const noexcept override;
  void send_queued() override;
  void close() noexcept override;
  void arm();

  UringStreamBody* body_;  // nullptr: closed.
  int filled_ = nothing;   // The buffer that holds what was received.
  std::uint32_t filled_count_ = 0;
  bool filled_listed_ = false;
  bool more_ = false;  // The kernel had more than the last receive took.
  bool starved_ = false;
  bool leaving_ = false;
  bool transport_over_ = false;
};

}  // namespace lockkeeper::io
