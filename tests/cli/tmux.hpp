// A terminal to test in: tmux, with a server of its own that nobody else knows.
#pragma once

#include <string>
#include <vector>

#include "cli/program.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {

/// One window with lockkeeper in it. The terminal and what runs in it end with their owner.
class Tmux {
 public:
  /// `environment`: NAME=VALUE words over a clean one, in a UTF-8 locale unless they say otherwise.
  Tmux(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;
  ~Tmux();

  [[nodiscard]] static bool is_available();

  /// What is on the screen; with `escapes`, also in which colours.
  [[nodiscard]] std::string screen(bool escapes = false) const;

  /// tmux's names of keys: "k", "Enter", "Escape", "Down", "C-c".
  void press(const std::string& key) const;
  void resize(int width, int height) const;

  /// Waits until the screen shows this; throws with the screen where it does not.
  void wait_for(const std::string& text) const;
  void wait_until_gone(const std::string& text) const;

  /// Waits for the end of the program; its exit status.
  [[nodiscard]] int wait_for_exit() const;
  /// What it wrote to standard error.
  [[nodiscard]] std::string error() const;
  /// The shell's terminal settings before and after are the same.
  [[nodiscard]] bool terminal_is_as_before() const;
  [[nodiscard]] std::filesystem::path home() const { return folder_.path(); }

 private:
  [[nodiscard]] Finished tmux(std::vector<std::string> arguments) const;

  TemporaryFolder folder_;
};

}  // namespace lockkeeper::testing
