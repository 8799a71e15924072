// The wakeups whose tasks are to be resumed, each once a turn.
#pragma once

#include <cstdint>

namespace lockkeeper::io {

class Wakeup;

class ReadyList {
 public:
  void add(Wakeup& wakeup) noexcept;
  void remove(Wakeup& wakeup) noexcept;
  [[nodiscard]] bool empty() const noexcept { return now_.head == nullptr; }

  /// Resumes the task of each, also of those that are signalled meanwhile. Who has had its turn already is left for the
  /// next one: two tasks that signal each other do not keep the loop from its sockets.
  void resume_all();

 private:
  struct Queue {
    Wakeup* head = nullptr;
    Wakeup* tail = nullptr;
    void push(Wakeup& wakeup) noexcept;
    Wakeup& pop() noexcept;
    bool remove(Wakeup& wakeup) noexcept;
  };
  Queue now_;
  Queue next_;
  std::uint32_t turn_ = 0;
};

}  // namespace lockkeeper::io
