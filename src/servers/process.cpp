#include "servers/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "servers/wait.hpp"

namespace lockkeeper::servers {
namespace {

using Clock = std::chrono::steady_clock;

// PostgreSQL ends its children with SIGKILL 5 s after an immediate shutdown began; we wait a little longer.
constexpr int immediate_shutdown_milliseconds = 8000;

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

// What execve takes, made before fork: between fork and exec only system calls are safe.
class ExecImage {
 public:
  explicit ExecImage(const std::vector<std::string>& arguments) : arguments_(arguments) {
    for (std::string& argument : arguments_) argument_pointers_.push_back(argument.data());
    argument_pointers_.push_back(nullptr);
    for (std::string& variable : environment_) environment_pointers_.push_back(variable.data());
    environment_pointers_.push_back(nullptr);
  }
  ExecImage(const ExecImage&) = delete;
  ExecImage& operator=(const ExecImage&) = delete;

  [[noreturn]] void run() const {
    ::execve(argument_pointers_[0], argument_pointers_.data(), environment_pointers_.data());
    constexpr std::string_view complaint = "cannot execute the program\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, complaint.data(), complaint.size());
    ::_exit(127);
  }

 private:
  std::vector<std::string> arguments_;
  std::vector<std::string> environment_{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"};
  std::vector<char*> argument_pointers_;
  std::vector<char*> environment_pointers_;
};

// In the child: nothing of the test is inherited but the output.
void become_child(int output, const std::optional<User>& user) {
  const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGCHLD}) ::signal(number, SIG_DFL);
  if (::chdir("/") != 0) ::_exit(126);
  if (!user) return;
  if (::setgroups(0, nullptr) != 0 || ::setgid(user->gid) != 0 || ::setuid(user->uid) != 0) ::_exit(126);
}

// After setuid, which clears it. The second line closes the gap in which the parent may have died already.
void die_with_parent(pid_t parent, int number) {
  ::prctl(PR_SET_PDEATHSIG, number);
  if (::getppid() != parent) ::_exit(125);
}

int open_pidfd(pid_t process) { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0U)); }

int exit_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

// /proc/<pid>/stat is `pid (name) state ppid ...`, and the name may hold anything, parentheses included.
struct ProcessStat {
  char state = 0;
  pid_t parent = 0;
};
ProcessStat read_stat(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::stringstream text;
  text << file.rdbuf();
  const std::string line = text.str();
  const auto name_end = line.rfind(')');
  ProcessStat stat;
  if (name_end == std::string::npos) return stat;
  std::istringstream fields(line.substr(name_end + 1));
  fields >> stat.state >> stat.parent;
  return stat;
}

void end_server(pid_t server, int server_pidfd) {
  for (const pid_t member : process_family(server)) ::kill(member, SIGCONT);
  ::kill(server, SIGQUIT);
  pollfd watched{server_pidfd, POLLIN, 0};
  if (::poll(&watched, 1, immediate_shutdown_milliseconds) > 0) return;
  for (const pid_t member : process_family(server)) ::kill(member, SIGKILL);
}

// Ends what the server left behind (we are its reaper) and returns the server's own status.
int reap_all(pid_t server) {
  int server_status = 0;
  for (;;) {
    for (const pid_t orphan : process_family(::getpid())) {
      if (orphan != ::getpid() && orphan != server) ::kill(orphan, SIGKILL);
    }
    int status = 0;
    const pid_t reaped = ::waitpid(-1, &status, 0);
    if (reaped < 0 && errno != EINTR) return exit_status(server_status);
    if (reaped == server) server_status = status;
  }
}

[[noreturn]] void supervise(pid_t owner, const ExecImage& image, const std::optional<User>& user, int report) {
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const int owner_pidfd = open_pidfd(owner);
  if (owner_pidfd < 0 || ::getppid() != owner) ::_exit(125);
  const pid_t supervisor = ::getpid();
  const pid_t server = ::fork();
  if (server == 0) {
    become_child(STDERR_FILENO, user);
    die_with_parent(supervisor, SIGQUIT);
    image.run();
  }
  const int server_pidfd = open_pidfd(server);
  if (::write(report, &server, sizeof server) != sizeof server) ::kill(server, SIGKILL);
  ::close(report);
  std::array<pollfd, 2> watched{pollfd{owner_pidfd, POLLIN, 0}, pollfd{server_pidfd, POLLIN, 0}};
  while (::poll(watched.data(), watched.size(), -1) < 0) {  // Interrupted: watch on. Owner or server ends it.
  }
  if (watched[1].revents == 0) end_server(server, server_pidfd);
  ::_exit(reap_all(server));
}

// The supervisor keeps only its log and the pipe that reports the server's pid.
void keep_only(int log, int report) {
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (report > 3) ::syscall(SYS_close_range, 3U, static_cast<unsigned>(report) - 1U, 0U);
  ::syscall(SYS_close_range, static_cast<unsigned>(report) + 1U, ~0U, 0U);
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
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(ends[0]);
    close_writer();
  }
  void close_writer() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  std::array<int, 2> ends{-1, -1};
};

}  // namespace

std::optional<User> unprivileged_user() {
  if (::geteuid() != 0) return std::nullopt;
  const passwd* nobody = ::getpwnam("nobody");
  if (nobody == nullptr) throw std::runtime_error("running as root needs the user `nobody` to run servers as");
  return User{nobody->pw_uid, nobody->pw_gid};
}

CommandResult run_command(const std::vector<std::string>& arguments, std::optional<User> user,
                          std::chrono::milliseconds timeout) {
  const ExecImage image(arguments);
  Pipe output;
  const auto deadline = Clock::now() + timeout;
  const pid_t owner = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork");
  if (child == 0) {
    become_child(output.ends[1], user);
    die_with_parent(owner, SIGKILL);
    image.run();
  }
  output.close_writer();
  CommandResult result{0, read_until_end(output.ends[0], deadline)};
  if (Clock::now() >= deadline) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  result.status = exit_status(status);
  return result;
}

char process_state(pid_t process) { return read_stat(process).state; }

std::vector<pid_t> process_family(pid_t parent) {
  std::vector<pid_t> family;
  if (process_state(parent) == 0) return family;
  family.push_back(parent);
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    pid_t process = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
    if (error == std::errc() && end == name.data() + name.size() && read_stat(process).parent == parent) {
      family.push_back(process);
    }
  }
  return family;
}

SupervisedProcess::SupervisedProcess(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                                     std::optional<User> user)
    : owner_(::getpid()) {
  const ExecImage image(arguments);
  const int log_file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log_file < 0) throw_errno("open " + log.string());
  Pipe report;
  supervisor_ = ::fork();
  if (supervisor_ == 0) {
    keep_only(log_file, report.ends[1]);
    supervise(owner_, image, user, report.ends[1]);
  }
  ::close(log_file);
  if (supervisor_ < 0) throw_errno("fork");
  report.close_writer();
  if (::read(report.ends[0], &server_, sizeof server_) != sizeof server_) {
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
    if (!becomes_true([this] { return has_ended(); }, std::chrono::milliseconds(immediate_shutdown_milliseconds))) {
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
