// How a task waits for whatever comes first: bytes, room to write, a deadline, a word from elsewhere.
//
// One task owns one Wakeup and gives it to every source it cares for (sockets, timers, other tasks of the same loop).
// A source signals; the task resumes, looks at all of its sources, does what can be done, and waits again:
//
//   for (;;) {
//     co_await wakeup;
//     while (...) { bytes = client.receive(); ... }
//   }
//
// Signals are not counted and never lost: one that comes before the wait ends it at once.
#pragma once

#include <coroutine>
#include <cstdint>

namespace lockkeeper::io {

class Loop;
class ReadyList;

/// Belongs to one loop's thread. Must outlive the sources it was given to, or be taken back from them first; a task
/// that waits for it may go only together with it, or after it.
class Wakeup {
 public:
  explicit Wakeup(Loop& loop) noexcept : loop_(&loop) {}
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  ~Wakeup();

  /// Resumes the waiting task later in this turn of the loop: never from inside, so that no task runs within another.
  void signal() noexcept;

  // The awaitable's three words.
  [[nodiscard]] bool await_ready() const noexcept { return signalled_; }
  void await_suspend(std::coroutine_handle<> task) noexcept { waiting_ = task; }
  void await_resume() noexcept {
    signalled_ = false;
    waiting_ = nullptr;
  }

 private:
  friend class ReadyList;
  Loop* loop_;
  std::coroutine_handle<> waiting_;
  Wakeup* next_ = nullptr;  // In the loop's list of those to resume.
  std::uint32_t turn_ = 0;  // In which it was resumed last.
  bool signalled_ = false;
  bool listed_ = false;
};

}  // namespace lockkeeper::io
