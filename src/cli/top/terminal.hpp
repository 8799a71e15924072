// The terminal: what is shown goes out, keys come in. The only file that knows ncurses.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "cli/top/screen.hpp"
#include "cli/top/state.hpp"

namespace lockkeeper::cli::top {

/// One at a time, of one thread. While it lives the terminal is ours; afterwards it is as it was, however we end.
class Terminal {
 public:
  /// Takes the terminal of standard input and output; otherwise why it cannot, and what to do instead.
  [[nodiscard]] static std::expected<std::unique_ptr<Terminal>, std::string> open(bool colours);

  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  [[nodiscard]] Size size() const;

  /// The next key; Kind::none where it is not one of ours, or the size has changed. nullopt: no key came in time, or a
  /// signal did.
  [[nodiscard]] std::optional<Key> read(std::chrono::milliseconds timeout);

  /// Nobody is at the other end any more.
  [[nodiscard]] bool is_gone() const noexcept { return gone_; }

  void draw(const Screen& screen);

 private:
  struct Body;
  explicit Terminal(std::unique_ptr<Body> body);

  std::unique_ptr<Body> body_;
  bool gone_ = false;
};

}  // namespace lockkeeper::cli::top
