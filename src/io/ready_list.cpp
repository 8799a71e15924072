#include "io/ready_list.hpp"

#include <utility>

#include "io/wakeup.hpp"

namespace lockkeeper::io {

void ReadyList::add(Wakeup& wakeup) noexcept {
  wakeup.listed_ = true;
  now_.push(wakeup);
}

// The lists are short: what one turn of the kernel brought.
void ReadyList::remove(Wakeup& wakeup) noexcept {
  if (!now_.remove(wakeup)) next_.remove(wakeup);
  wakeup.listed_ = false;
}

void ReadyList::resume_all() {
  ++turn_;
  while (now_.head != nullptr) {
    Wakeup& wakeup = now_.pop();
    if (!wakeup.signalled_ || !wakeup.waiting_) {
      wakeup.listed_ = false;
    } else if (wakeup.turn_ == turn_) {
      next_.push(wakeup);
    } else {
      wakeup.listed_ = false;
      wakeup.turn_ = turn_;
      wakeup.waiting_.resume();  // The wakeup may be gone after this.
    }
  }
  now_ = std::exchange(next_, Queue{});
}

void ReadyList::Queue::push(Wakeup& wakeup) noexcept {
  wakeup.next_ = nullptr;
  (head == nullptr ? head : tail->next_) = &wakeup;
  tail = &wakeup;
}

Wakeup& ReadyList::Queue::pop() noexcept {
  Wakeup& first = *head;
  head = first.next_;
  return first;
}

bool ReadyList::Queue::remove(Wakeup& wakeup) noexcept {
  Wakeup* before = nullptr;
  for (Wakeup* at = head; at != nullptr; before = at, at = at->next_) {
    if (at != &wakeup) continue;
    (before == nullptr ? head : before->next_) = at->next_;
    if (tail == at) tail = before;
    return true;
  }
  return false;
}

}  // namespace lockkeeper::io
