// Ctrl-C while something is under way: the first asks it to stop in order, the second ends the program at once.
#pragma once

#include <csignal>

namespace lockkeeper::cli {

/// While one lives, SIGINT and SIGTERM are noted instead of ending the program. One at a time, in main's thread.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] static bool requested() noexcept;

 private:
  struct sigaction before_interrupt_{};
  struct sigaction before_terminate_{};
};

}  // namespace lockkeeper::cli
