#include "io/closing.hpp"

#include <utility>

namespace lockkeeper::io {

class ClosingSockets::Entry {
 public:
  Entry(Loop& loop, std::unique_ptr<Socket> socket, TimePoint deadline, std::size_t& done)
      : loop_(loop), done_(done), wakeup_(loop), timer_(loop, wakeup_), socket_(std::move(socket)) {
    timer_.set(deadline);
    socket_->wake(&wakeup_);
    socket_->end_sending();
    task_ = close();
    task_.start();
  }
  [[nodiscard]] bool done() const noexcept { return task_.done(); }

 private:
  Task<> close() {
    while (!timer_.due(loop_.now()) && !finished()) co_await wakeup_;
    // Too late for an orderly end: the peer must not take what it has got for everything.
    if (socket_->unsent() > 0) socket_->reset();
    ++done_;
  }

  bool finished() {
    while (!socket_->receive().empty()) {
    }
    return socket_->ended().has_value() && (socket_->unsent() == 0 || socket_->ended()->reason != Reason::closed);
  }

  Loop& loop_;
  std::size_t& done_;
  Wakeup wakeup_;
  Timer timer_;
  std::unique_ptr<Socket> socket_;
  Task<> task_;
};

void ClosingSockets::Delete::operator()(Entry* entry) const noexcept { delete entry; }

void ClosingSockets::add(Loop& loop, std::unique_ptr<Socket> socket, TimePoint deadline) {
  entries_.emplace_back(new Entry(loop, std::move(socket), deadline, done_));
}

void ClosingSockets::sweep() {
  if (done_ == 0) return;
  std::erase_if(entries_, [](const auto& entry) { return entry->done(); });
  done_ = 0;
}

}  // namespace lockkeeper::io
