#include "servers/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

#include "servers/descriptor.hpp"
#include "servers/wait.hpp"

namespace lockkeeper::servers {
namespace {

using Clock = std::chrono::steady_clock;

// Longer than the keeper waits for it.
constexpr std::chrono::seconds immediate_shutdown{10};

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

int exit_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

std::string read_until_end(int descriptor, Clock::time_point deadline) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    pollfd watched{descriptor, POLLIN, 0};
    if (::poll(&watched, 1, milliseconds_until(deadline)) == 0) return text;
    const auto count = ::read(descriptor, buffer.data(), buffer.size());
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Pipe open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe");
  return {{ends[0], "pipe"}, {ends[1], "pipe"}};
}

}  // namespace

std::optional<User> unprivileged_user() {
  if (::geteuid() != 0) return std::nullopt;
  const passwd* nobody = ::getpwnam("nobody");
  if (nobody == nullptr) throw std::runtime_error("running as root needs the user `nobody` to run servers as");
  return User{nobody->pw_uid, nobody->pw_gid};
}

CommandResult run_command(const std::vector<std::string>& arguments, std::optional<User> user,
                          std::chrono::milliseconds timeout) {
  Pipe output = open_pipe();
  const auto deadline = Clock::now() + timeout;
  const pid_t child = spawn({.program = arguments, .user = user, .output = output.write.number()});
  output.write.close();
  CommandResult result{0, read_until_end(output.read.number(), deadline)};
  if (Clock::now() >= deadline) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  result.status = exit_status(status);
  return result;
}

SupervisedProcess::SupervisedProcess(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                                     std::optional<User> user)
    : owner_(::getpid()) {
  const Descriptor log_file(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644), log.c_str());
  Pipe report = open_pipe();
  supervisor_ =
      spawn({.program = arguments, .user = user, .output = log_file.number(), .report = report.write.number()});
  report.write.close();
  if (::read(report.read.number(), &server_, sizeof server_) != sizeof server_) {
    ::waitpid(supervisor_, nullptr, 0);
    throw std::runtime_error("the server's supervisor ended before it had started the server");
  }
}

SupervisedProcess::~SupervisedProcess() {
  if (owner_ != ::getpid()) return;  // Inherited through fork: the server is our parent's.
  try {
    if (has_ended()) return;
    resume();
    signal(SIGQUIT);
    if (!becomes_true([this] { return has_ended(); }, immediate_shutdown)) {
      kill_all();
    }
  } catch (const std::exception&) {
    ::kill(supervisor_, SIGKILL);  // Its death is the server's SIGQUIT.
  }
}

bool SupervisedProcess::has_ended() {
  if (supervisor_ < 0) return true;
  if (::waitpid(supervisor_, nullptr, WNOHANG) != supervisor_) return false;
  supervisor_ = -1;
  return true;
}

void SupervisedProcess::signal(int number) const {
  if (::kill(server_, number) != 0) throw_errno("cannot signal the server");
}

void SupervisedProcess::pause() const {
  signal(SIGSTOP);  // The parent first, so that it makes no further children.
  wait_until([this] { return process_state(server_) == 'T'; }, default_patience, "the server to stop");
  for (const pid_t member : process_family(server_)) {
    ::kill(member, SIGSTOP);
    const auto has_stopped = [member] {
      const char state = process_state(member);
      return state == 'T' || state == 'Z' || state == 0;
    };
    wait_until(has_stopped, default_patience, "a server process to stop");
  }
}

void SupervisedProcess::resume() const {
  for (const pid_t member : process_family(server_)) ::kill(member, SIGCONT);
}

void SupervisedProcess::kill_all() {
  ::kill(server_, SIGSTOP);  // So that no child is born between listing and killing.
  for (const pid_t member : process_family(server_)) ::kill(member, SIGKILL);
  wait_until([this] { return has_ended(); }, default_patience, "the killed server to be gone");
}

}  // namespace lockkeeper::servers
