// The loop over io_uring: one system call a turn submits what was prepared and waits for what comes.
#pragma once

#include <vector>

#include "io/loop_core.hpp"
#include "io/uring_body.hpp"
#include "io/uring_ring.hpp"

namespace lockkeeper::io {

class UringSocket;

class UringLoop final : public LoopCore, private Watcher {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<Loop>, IoError> open(const LoopOptions& options);
  UringLoop(const LoopOptions& options, std::unique_ptr<UringRing> ring);
  ~UringLoop() override;

  [[nodiscard]] Backend backend() const noexcept override { return Backend::io_uring; }
  [[nodiscard]] std::unique_ptr<Socket> make_socket(StreamState state) override;
  [[nodiscard]] std::unique_ptr<Watch> watch(int descriptor, WatchFor what, Watcher& watcher) override;

  // --- operations ---
  void submit_hang_up(UringStreamBody& body);
  /// `later`: nothing is expected there now; the kernel first waits.
  void submit_receive(UringStreamBody& body, bool later);
  /// Never waits for room: `sent` is called within the turn, with less or an error where the kernel took less.
  void send_at_once(UringStreamBody& body, OutQueue& out);
  /// Of all there is, however long it takes.
  void submit_send(UringStreamBody& body, OutQueue& out);
  void submit_watch(UringWatchBody& body);
  void cancel_all(UringStreamBody& body);
  void cancel(UringWatchBody& body);
  /// The owner is gone: ends what is under way, and then the body.
  void abandon(UringStreamBody& body) noexcept;
  void abandon(UringWatchBody& body) noexcept;

  // --- buffers ---
  [[nodiscard]] Bytes buffer(unsigned id, std::size_t count) const noexcept { return ring_->buffer(id, count); }
  /// To a socket's owner, until anybody receives again or the turn ends.
  [[nodiscard]] Bytes lend(unsigned id, std::size_t count) noexcept;
  void give_back(unsigned id) noexcept { ring_->give_back(id); }
  void note_filled(UringSocket& socket) { filled_.push_back(&socket); }
  void forget_filled(UringSocket& socket) noexcept;
  void note_starved(UringSocket& socket) { starved_.push_back(&socket); }
  void forget_starved(UringSocket& socket) noexcept;

 private:
  void flush(std::span<Stream* const> streams) override;
  void wait(TimePoint until) override;
  void begin_run() override { ring_->begin(); }
  void end_run() override { ring_->end(); }
  void ready() noexcept override {}  // The bell: waking was all it was for.

  void settle_buffers();
  [[nodiscard]] io_uring_sqe& prepare_send(UringStreamBody& body, OutQueue& out, unsigned more_flags);
  [[nodiscard]] bool is_awaited() const noexcept;
  void settle_sends();
  void take_submitted_completions();
  void take_completions();
  void complete(const io_uring_cqe& completion);
  void complete_stream(UringStreamBody& body, UringTag tag, const io_uring_cqe& completion);
  void complete_watch(UringWatchBody& body, const io_uring_cqe& completion);
  void begin_abandoned(UringBody& body) noexcept;
  void bury(UringBody& body) noexcept;
  void wait_for_abandoned() noexcept;

  static constexpr int nobody = -1;

  std::unique_ptr<UringRing> ring_;
  int lent_ = nobody;
  std::vector<UringSocket*> filled_;                // Received in this turn, perhaps not fetched yet.
  std::vector<UringSocket*> starved_;               // No buffer was left for them.
  std::vector<UringStreamBody*> sends_, settling_;  // At once, since the last call.
  UringBody* abandoned_ = nullptr;
  std::unique_ptr<Watch> bell_;
};

}  // namespace lockkeeper::io
