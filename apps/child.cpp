#include "child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

extern char** environ;

namespace lockkeeper {
namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> complete_environment(const std::map<std::string, std::string>& ours) {
  std::vector<std::string> result;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view entry = *each;
    if (!ours.contains(std::string(entry.substr(0, entry.find('='))))) result.emplace_back(entry);
  }
  for (const auto& [name, value] : ours) {
    std::string& entry = result.emplace_back(name);
    entry += '=';
    entry += value;
  }
  return result;
}

// In the child, between fork and exec, where other threads' locks may be held for ever: system calls alone.
struct Exec {
  char* const* words;
  char* const* environment;
  const sigset_t* signals;
  pid_t parent;
  int failed;
  bool output_to_error;

  [[noreturn]] void operator()() const {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(Child::not_runnable);
    ::signal(SIGPIPE, SIG_DFL);
    ::sigprocmask(SIG_SETMASK, signals, nullptr);
    if (output_to_error) ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::execvpe(words[0], words, environment);
    const int why = errno;
    [[maybe_unused]] const auto told = ::write(failed, &why, sizeof why);
    ::_exit(Child::not_runnable);
  }
};

}  // namespace

Child::Child() {
  sigemptyset(&signals_);
  for (const int each : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&signals_, each);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Child::~Child() {
  if (pid_ > 0 && !status_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

std::expected<void, int> Child::start(const Command& command) {
  std::vector<std::string> words = command.words;
  std::vector<std::string> variables = complete_environment(command.environment);
  const auto word_pointers = pointers(words);
  const auto variable_pointers = pointers(variables);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(not_runnable);
  const Exec exec{word_pointers.data(),   variable_pointers.data(), &before_, ::getpid(), ends[1],
                  command.output_to_error};
  pid_ = ::fork();
  if (pid_ == 0) exec();
  ::close(ends[1]);
  int why = 0;
  const bool failed = pid_ < 0 || ::read(ends[0], &why, sizeof why) == sizeof why;
  ::close(ends[0]);
  if (!failed) return {};
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  return std::unexpected(why == ENOENT ? not_found : not_runnable);
}

bool Child::reap() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

// A terminal's Ctrl-C has reached the command as well, in our process group.
void Child::pass_on(const siginfo_t& signal) const {
  const bool from_terminal = signal.si_code == SI_KERNEL;
  if (signal.si_signo != SIGCHLD && !from_terminal) ::kill(pid_, signal.si_signo);
}

void Child::end(std::chrono::milliseconds patience) {
  if (status_) return;
  ::kill(pid_, SIGTERM);
  if (wait(patience)) return;
  ::kill(pid_, SIGKILL);
  static_cast<void>(wait(patience));
}

std::optional<int> Child::wait(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!status_ && !reap()) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    const timespec limit{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    siginfo_t signal{};
    if (::sigtimedwait(&signals_, &signal, &limit) > 0) pass_on(signal);
  }
  return status_;
}

}  // namespace lockkeeper
