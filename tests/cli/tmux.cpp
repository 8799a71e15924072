#include "cli/tmux.hpp"

#include <stdexcept>

namespace lockkeeper::testing {
namespace {

constexpr const char* tmux_program = "/usr/bin/tmux";

std::string quoted(const std::string& word) {
  std::string result = "'";
  for (const char letter : word) result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return result + "'";
}

}  // namespace

bool Tmux::is_available() { return std::filesystem::exists(tmux_program); }

Tmux::Tmux(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  std::string command = "env -u NO_COLOR LC_ALL=C.UTF-8 HOME=" + quoted(folder_.path());
  for (const std::string& word : environment) command += " " + quoted(word);
  command += " " + quoted(LOCKKEEPER_PROGRAM) + " top";
  for (const std::string& word : arguments) command += " " + quoted(word);
  const std::string at = quoted(folder_.path().string() + "/");
  // A script, so that no shell's start-up files have a say.
  write_file(folder_.path() / "run.sh", "trap : INT\nstty -g > " + at + "before\n" + command + " 2> " + at +
                                            "error\necho $? > " + at + "status.new\nstty -g > " + at + "after\nmv " +
                                            at + "status.new " + at + "status\nexec cat\n");
  // It ends by itself where its test was killed.
  write_file(folder_.path() / "tmux.conf",
             "run-shell -b -d 300 -C kill-server\nset -g status off\nset -g escape-time 0\nset -g default-terminal "
             "tmux-256color\n");
  const Finished started = tmux({"new-session", "-d", "-x", "80", "-y", "24", "-s", "top",
                                 "/bin/sh " + quoted((folder_.path() / "run.sh").string())});
  if (started.status != 0) throw std::runtime_error("tmux did not start: " + started.all());
}

Tmux::~Tmux() {
  try {
    static_cast<void>(tmux({"kill-server"}));
  } catch (const std::exception&) {
    // It has ended by itself.
  }
}

Finished Tmux::tmux(std::vector<std::string> arguments) const {
  std::vector<std::string> words{"-u", "-S", (folder_.path() / "socket").string(), "-f",
                                 (folder_.path() / "tmux.conf").string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return Program({.arguments = words, .environment = {{"LC_ALL", "C.UTF-8"}}, .program = tmux_program}).finish();
}

std::string Tmux::screen(bool escapes) const {
  std::vector<std::string> words{"capture-pane", "-p", "-t", "top"};
  if (escapes) words.emplace_back("-e");
  return tmux(words).out;
}

void Tmux::press(const std::string& key) const { static_cast<void>(tmux({"send-keys", "-t", "top", key})); }

void Tmux::resize(int width, int height) const {
  static_cast<void>(tmux({"resize-window", "-t", "top", "-x", std::to_string(width), "-y", std::to_string(height)}));
}

void Tmux::wait_for(const std::string& text) const {
  if (!becomes_true([&] { return screen().contains(text); }, default_patience))
    throw std::runtime_error("the screen does not show \"" + text + "\":\n" + screen() + error());
}

void Tmux::wait_until_gone(const std::string& text) const {
  if (!becomes_true([&] { return !screen().contains(text); }, default_patience))
    throw std::runtime_error("the screen still shows \"" + text + "\":\n" + screen());
}

int Tmux::wait_for_exit() const {
  const auto status = folder_.path() / "status";
  wait_until([&] { return std::filesystem::exists(status); }, default_patience, "the end of lockkeeper top");
  return std::stoi(read_file(status));
}

std::string Tmux::error() const { return read_file(folder_.path() / "error"); }

bool Tmux::terminal_is_as_before() const {
  return read_file(folder_.path() / "before") == read_file(folder_.path() / "after");
}

}  // namespace lockkeeper::testing
