// What the sockets of both backends share: the queue of bytes to send, the ends, TLS, and the move to another loop.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "io/chunks.hpp"
#include "io/loop_core.hpp"
#include "io/socket.hpp"
#include "io/tls_session.hpp"

namespace lockkeeper::io {

/// What goes along when a socket moves to another loop. Closes the descriptor if nobody takes it over.
struct StreamState {
  StreamState(int open_descriptor, bool is_tcp, Endpoints ends)
      : descriptor(open_descriptor), tcp(is_tcp), endpoints(std::move(ends)) {}
  StreamState(StreamState&& other) noexcept;
  StreamState& operator=(StreamState&&) = delete;
  ~StreamState();

  int descriptor;
  int send_error = 0;  ///< Why sending failed; receiving goes on until what has come is taken.
  bool tcp;
  bool peer_gone = false;
  bool sending_ended = false;  ///< end_sending() was called.
  bool fin_sent = false;
  Endpoints endpoints;
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::optional<IoError> ended;
  std::unique_ptr<TlsSession> tls;
  std::vector<std::byte> kept;  ///< Came in, not given out yet.
};

class Stream : public Socket, private TlsSink {
 public:
  Stream(LoopCore& core, StreamState state);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() override;

  void wake(Wakeup* wakeup) noexcept final;
  [[nodiscard]] Bytes receive() final;
  void give_back(Bytes bytes) final;
  void send(Bytes bytes) final;
  [[nodiscard]] std::size_t unsent() const noexcept final;
  [[nodiscard]] const std::optional<IoError>& ended() const noexcept final { return state_.ended; }
  [[nodiscard]] bool peer_gone() const noexcept final { return state_.peer_gone || state_.ended.has_value(); }
  void end_sending() final;
  void reset() final;
  void start_tls(const TlsContext& context, const std::string& host) final;
  [[nodiscard]] bool tls_established() const noexcept final { return state_.tls && state_.tls->established(); }
  [[nodiscard]] const Endpoints& endpoints() const noexcept final { return state_.endpoints; }
  [[nodiscard]] std::uint64_t received_bytes() const noexcept final { return state_.received; }
  [[nodiscard]] std::uint64_t sent_bytes() const noexcept final { return state_.sent; }

  // --- for the loop ---
  /// The end of the turn: sends what is queued.
  void flush();
  void has_new_share() noexcept;
  virtual void begin_to_leave() = 0;
  [[nodiscard]] virtual bool has_left() noexcept = 0;
  [[nodiscard]] StreamState take_state();

 protected:
  // A peer that never pauses gets this many receives a turn; then the others have theirs.
  static constexpr unsigned receives_a_turn = 16;

  /// Bytes as they come from the kernel, or none; none also at the end, which goes to transport_ended().
  [[nodiscard]] virtual Bytes receive_raw() = 0;
  /// Frees what next_raw gave out of state_.kept.
  void drop_given() noexcept;
  /// Something may be there that the owner has not been signalled for.
  [[nodiscard]] virtual bool may_have_news() const noexcept = 0;
  /// Begins to send what is in out_, if nothing is under way.
  virtual void send_queued() = 0;
  /// Closes the descriptor, now or once what is under way is over.
  virtual void close() noexcept = 0;

  enum class Sending { all, blocked, failed };
  /// By system calls, as much as the kernel takes. `answer`: of one made already, bytes of what is queued first or
  /// -errno.
  Sending send_now(ssize_t answer = 0) noexcept;
  void sending_failed(int error) noexcept;
  /// Bytes or an end have come: TLS first, then the owner.
  void arrived();
  void transport_ended(int error);  ///< 0: the peer's FIN.
  void peer_left() noexcept;
  /// Whether `after_sending` has news for somebody.
  [[nodiscard]] bool sending_is_awaited() const noexcept { return unsent_seen_ || state_.sending_ended; }
  /// Everything queued has left: the FIN that waited for it, the owner who waits for it.
  void after_sending() noexcept;
  void signal() noexcept {
    if (wakeup_ != nullptr) wakeup_->signal();
  }
  /// For destructors of the backends' sockets.
  void leave_lists() noexcept;

  LoopCore* core_;  // nullptr: on its way to another loop.
  Wakeup* wakeup_ = nullptr;
  OutQueue out_;
  StreamState state_;
  bool flush_listed_ = false;
  std::uint32_t share_turn_ = 0;
  unsigned share_ = 0;

  /// Whether this turn's share is used up; then the socket is listed for the next one.
  [[nodiscard]] bool share_used();

 private:
  void queue(Bytes bytes);
  void flush_later();
  ssize_t send_parts() noexcept;
  void end(IoError error) noexcept;
  void encrypted(Bytes bytes) override { queue(bytes); }
  /// What was kept first, then receive_raw.
  [[nodiscard]] Bytes next_raw();
  [[nodiscard]] Bytes receive_plain();
  void go_on_with_handshake();
  [[nodiscard]] bool tls_lives(TlsSession::Result result);
  void established_now();

  bool again_listed_ = false;
  bool kept_given_ = false;  // state_.kept is in the owner's hands until the next receive.
  mutable bool unsent_seen_ = false;
};

}  // namespace lockkeeper::io
