#include "cli/interrupt.hpp"

#include <atomic>

namespace lockkeeper::cli {
namespace {

std::atomic<bool> noted = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // or a signal handler may not touch it

}  // namespace

extern "C" {
static void note_signal(int /*number*/) { noted.store(true); }
}

Interrupt::Interrupt() {
  noted.store(false);
  struct sigaction action{};
  action.sa_handler = note_signal;
  // Without SA_RESTART a wait is cut short; with SA_RESETHAND the second signal has its usual effect.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &before_interrupt_);
  sigaction(SIGTERM, &action, &before_terminate_);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &before_interrupt_, nullptr);
  sigaction(SIGTERM, &before_terminate_, nullptr);
}

bool Interrupt::requested() noexcept { return noted.load(); }

}  // namespace lockkeeper::cli
