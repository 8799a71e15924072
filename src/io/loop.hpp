// One thread's event loop: sockets, timers and words from other threads, over io_uring or epoll behind this one face.
//
// A turn: take what the kernel has, signal the wakeups concerned, resume their tasks, send everything that was queued,
// wait for more; with io_uring the last two are one system call. `now` is read once a turn.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "io/error.hpp"
#include "io/socket.hpp"
#include "io/wakeup.hpp"

namespace lockkeeper::io {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

/// Where to connect or listen: a host and port, or a Unix socket's path. The host is a numeric address, "localhost", or
/// a name that the system resolves.
struct Address {
  std::string host;
  std::uint16_t port = 0;
  std::string path;  ///< Not empty: a Unix socket.
};
[[nodiscard]] std::string to_string(const Address& address);

class TimerHeap;

/// Takes connections. Belongs to the loop's thread; destroying it closes the listening socket.
class Listener {
 public:
  virtual ~Listener() = default;
  /// A connection that has come, or nullptr: none now; the wakeup given to `listen` is signalled when there is one.
  /// Take until nullptr: who stops earlier pauses, or is not signalled for those who wait already. Without descriptors
  /// or memory it tries again a moment later by itself; see `shortage`.
  [[nodiscard]] virtual std::unique_ptr<Socket> accept() = 0;
  /// While paused (too many clients, no descriptors left) the kernel's backlog holds them.
  virtual void pause(bool on) = 0;
  [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
  /// Why the last accept() took nobody although somebody waits: to be logged. Cleared by the next that succeeds.
  [[nodiscard]] virtual const std::optional<IoError>& shortage() const noexcept = 0;
};

/// A connect under way. Destroying it abandons the attempt.
class Connecting {
 public:
  virtual ~Connecting() = default;
  /// nullopt while it lasts; the wakeup is signalled when it is over. The socket is given out once.
  [[nodiscard]] virtual std::optional<std::expected<std::unique_ptr<Socket>, IoError>> result() = 0;
};

/// A moment that signals a wakeup. Cheap to move later: a timer that fires too early finds its new time by itself.
class Timer {
 public:
  Timer(Loop& loop, Wakeup& wakeup) noexcept : loop_(&loop), wakeup_(&wakeup) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  void set(TimePoint when);  ///< In the past: in the next turn.
  void clear() noexcept;
  [[nodiscard]] bool due(TimePoint now) const noexcept { return when_ <= now; }
  [[nodiscard]] TimePoint when() const noexcept { return when_; }  ///< TimePoint::max(): not set.

 private:
  friend class TimerHeap;
  static constexpr std::uint32_t not_queued = 0xffffffff;
  Loop* loop_;
  Wakeup* wakeup_;
  TimePoint when_ = TimePoint::max();
  TimePoint queued_for_ = TimePoint::max();  // What the loop's heap knows of it.
  std::uint32_t place_ = not_queued;         // In the heap.
};

enum class Backend { automatic, io_uring, epoll };

struct LoopOptions {
  Backend backend = Backend::automatic;    ///< automatic: io_uring where the kernel permits it, else epoll.
  std::size_t receive_buffer = 16 * 1024;  ///< Bytes of one receive; the loop owns a few of these, not each socket.
};

/// Thread rules: everything but `post` and `stop` belongs to the thread that calls `run`; before `run` and after it, to
/// whoever holds the loop. Sockets, listeners, timers and wakeups go before their loop.
class Loop {
 public:
  virtual ~Loop() = default;

  /// The error says what the kernel refused, and why (io_uring forbidden in this container, too few descriptors).
  [[nodiscard]] static std::expected<std::unique_ptr<Loop>, IoError> open(const LoopOptions& options);

  /// Turns until `stop`. Tasks that still wait then are not resumed; their owners destroy them.
  virtual void run() = 0;
  /// From any thread, also from a signal handler.
  virtual void stop() noexcept = 0;
  /// Runs `work` on the loop's thread, soon, in order. From any thread. Never waits.
  virtual void post(std::function<void()> work) = 0;

  [[nodiscard]] virtual TimePoint now() const noexcept = 0;  ///< Of this turn.
  [[nodiscard]] virtual Backend backend() const noexcept = 0;

  /// `backlog` connections may queue in the kernel. `reuse_port`: several loops listen on one port.
  [[nodiscard]] virtual std::expected<std::unique_ptr<Listener>, IoError> listen(const Address& address, Wakeup& wakeup,
                                                                                 bool reuse_port) = 0;
  /// Resolving a name does not hold up the loop. The deadline covers it and all addresses the name has.
  [[nodiscard]] virtual std::unique_ptr<Connecting> connect(const Address& address, TimePoint deadline,
                                                            Wakeup& wakeup) = 0;

  /// Keeps the socket until what is unsent has left, then ends it in order: FIN (and close_notify), discards what still
  /// comes until the peer has ended its side too, so that no RST overtakes the last words, and closes. Cut at the
  /// deadline. Takes the owner's wakeup from it.
  virtual void close_when_sent(std::unique_ptr<Socket> socket, TimePoint deadline) = 0;

  /// Takes the socket out of this loop, to be adopted by another one on another thread. Precondition: nothing unsent
  /// and no wakeup. Calls `then` on this loop's thread, once nothing of it is under way any more.
  virtual void detach(std::unique_ptr<Socket> socket, std::function<void(std::unique_ptr<Socket>)> then) = 0;
  /// On this loop's thread: a socket that was detached from another one.
  [[nodiscard]] virtual std::unique_ptr<Socket> adopt(std::unique_ptr<Socket> detached) = 0;

 protected:
  friend class Wakeup;
  friend class Timer;
  virtual void resume_later(Wakeup& wakeup) noexcept = 0;
  virtual void forget(Wakeup& wakeup) noexcept = 0;
  virtual void set_timer(Timer& timer) = 0;
  virtual void forget(Timer& timer) noexcept = 0;
};

}  // namespace lockkeeper::io
