// What both backends share: the turn, timers, words from other threads, names, and sockets on their way in and out.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "io/chunks.hpp"
#include "io/closing.hpp"
#include "io/loop.hpp"
#include "io/post_box.hpp"
#include "io/ready_list.hpp"
#include "io/resolver.hpp"
#include "io/timer_heap.hpp"
#include "io/watch.hpp"

namespace lockkeeper::io {

class Stream;
struct StreamState;

class LoopCore : public Loop {
 public:
  LoopCore(const LoopCore&) = delete;
  LoopCore& operator=(const LoopCore&) = delete;
  ~LoopCore() override;

  void run() final;
  void stop() noexcept final { posts_.stop(); }
  void post(std::function<void()> work) final { posts_.post(std::move(work)); }
  [[nodiscard]] TimePoint now() const noexcept final { return now_; }

  [[nodiscard]] std::expected<std::unique_ptr<Listener>, IoError> listen(const Address& address, Wakeup& wakeup,
                                                                         bool reuse_port) final;
  [[nodiscard]] std::unique_ptr<Connecting> connect(const Address& address, TimePoint deadline, Wakeup& wakeup) final;
  void close_when_sent(std::unique_ptr<Socket> socket, TimePoint deadline) final;
  void detach(std::unique_ptr<Socket> socket, std::function<void(std::unique_ptr<Socket>)> then) final;
  [[nodiscard]] std::unique_ptr<Socket> adopt(std::unique_ptr<Socket> detached) final;

  // --- for sockets, listeners and connects of this loop ---
  /// Its descriptor must not block (O_NONBLOCK): a send that waited would hold up all others.
  [[nodiscard]] virtual std::unique_ptr<Socket> make_socket(StreamState state) = 0;
  [[nodiscard]] virtual std::unique_ptr<Watch> watch(int descriptor, WatchFor what, Watcher& watcher) = 0;
  [[nodiscard]] ChunkPool& chunks() noexcept { return chunks_; }
  [[nodiscard]] Resolver& resolver() noexcept { return resolver_; }
  [[nodiscard]] std::uint32_t turn() const noexcept { return turn_; }
  /// For decrypted bytes; shared by all sockets.
  [[nodiscard]] std::span<std::byte> plain_buffer();
  /// Its bytes leave at the end of this turn. Once a turn.
  void flush_later(Stream& stream) { flush_.push_back(&stream); }
  /// It has had its share of this turn: its owner is signalled in the next one.
  void receive_again(Stream& stream) { again_.push_back(&stream); }
  void forget_flush(Stream& stream) noexcept;
  void forget_again(Stream& stream) noexcept;

 protected:
  explicit LoopCore(const LoopOptions& options);

  /// Sends what the streams have, hands buffers back: the turn's end.
  virtual void flush(std::span<Stream* const> streams) = 0;
  /// Waits for the kernel until `until` (max(): until something comes; past: just looks), takes what it has, signals.
  virtual void wait(TimePoint until) = 0;
  virtual void begin_run() {}
  virtual void end_run() {}
  /// For the destructors of the backends, first: sockets that only the loop holds go while the backend is whole.
  void drop_held_sockets();

  void resume_later(Wakeup& wakeup) noexcept final { ready_.add(wakeup); }
  void forget(Wakeup& wakeup) noexcept final { ready_.remove(wakeup); }
  void set_timer(Timer& timer) final { timers_.set(timer); }
  void forget(Timer& timer) noexcept final { timers_.remove(timer); }

  const LoopOptions options_;
  PostBox posts_;

 private:
  struct Detaching {
    std::unique_ptr<Socket> socket;
    std::function<void(std::unique_ptr<Socket>)> then;
  };

  void turn_over();
  void flush_all();
  void look_at_detached();
  [[nodiscard]] TimePoint next_event() noexcept;

  TimePoint now_;
  std::uint32_t turn_ = 0;
  ReadyList ready_;
  TimerHeap timers_;
  ChunkPool chunks_;
  TimePoint next_trim_;
  Resolver resolver_;
  ClosingSockets closing_;
  std::vector<Stream*> flush_;  // nullptr: gone meanwhile.
  std::vector<Stream*> flushing_;
  std::vector<Stream*> again_;
  std::vector<Detaching> detaching_;
  std::unique_ptr<std::byte[]> plain_;
};

}  // namespace lockkeeper::io
