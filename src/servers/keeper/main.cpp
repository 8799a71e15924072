// lockkeeper-keeper run|supervise OWNER UID GID PROGRAM ARGUMENT...
//
// The small program through which servers/spawn starts all others; it is inside lockkeeper_servers, not a file of its
// own. Standard output and error are what the program shall have. OWNER is who started us: with it we end, and the
// program too. UID and GID: who the program runs as; `-` for both: who we are.
//
// `run` becomes the program. `supervise` starts it in a session of its own, writes its pid to descriptor 3, ends it
// when OWNER is gone, even where the program is stopped by SIGSTOP, and ends with its status.
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "servers/keeper/statuses.hpp"
#include "servers/process_family.hpp"

namespace lockkeeper::servers {
namespace {

constexpr int report = 3;

// PostgreSQL ends its children with SIGKILL 5 s after an immediate shutdown began; we wait a little longer.
constexpr int immediate_shutdown_milliseconds = 8000;

struct Order {
  pid_t owner;
  const char* user;
  const char* group;
  char** program;
};

unsigned number(const char* text) { return static_cast<unsigned>(std::strtoul(text, nullptr, 10)); }

void drop_privileges(const Order& order) {
  if (std::string_view(order.user) == "-") return;
  if (::setgroups(0, nullptr) != 0 || ::setgid(number(order.group)) != 0 || ::setuid(number(order.user)) != 0) {
    ::_exit(keeper_not_permitted);
  }
}

[[noreturn]] void become_program(const Order& order) {
  ::execv(order.program[0], order.program);
  constexpr std::string_view complaint = "cannot execute the program\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, complaint.data(), complaint.size());
  ::_exit(keeper_no_program);
}

// After setuid, which clears it. The second line closes the gap in which the parent may have died already.
void die_with(pid_t parent, int signal) {
  ::prctl(PR_SET_PDEATHSIG, signal);
  if (::getppid() != parent) ::_exit(keeper_no_owner);
}

int open_pidfd(pid_t process) { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0U)); }

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
    if (reaped < 0 && errno != EINTR) break;
    if (reaped == server) server_status = status;
  }
  return WIFEXITED(server_status) ? WEXITSTATUS(server_status) : 128 + WTERMSIG(server_status);
}

int supervise(const Order& order) {
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const int owner_pidfd = open_pidfd(order.owner);
  if (owner_pidfd < 0 || ::getppid() != order.owner) return keeper_no_owner;
  const pid_t supervisor = ::getpid();
  const pid_t server = ::fork();
  if (server < 0) return keeper_not_permitted;
  if (server == 0) {
    ::close(report);
    drop_privileges(order);
    die_with(supervisor, SIGQUIT);
    become_program(order);
  }
  const int server_pidfd = open_pidfd(server);
  if (::write(report, &server, sizeof server) != sizeof server) ::kill(server, SIGKILL);
  ::close(report);
  std::array<pollfd, 2> watched{pollfd{owner_pidfd, POLLIN, 0}, pollfd{server_pidfd, POLLIN, 0}};
  while (::poll(watched.data(), watched.size(), -1) < 0) {  // Interrupted: watch on. Owner or server ends it.
  }
  if (watched[1].revents == 0) end_server(server, server_pidfd);
  return reap_all(server);
}

// Nothing of the owner is inherited but the output, and descriptor 3 where that is the report.
void clean_inheritance(unsigned first_closed) {
  ::syscall(SYS_close_range, first_closed, ~0U, 0U);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int each : {SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGCHLD}) ::signal(each, SIG_DFL);
  if (::chdir("/") != 0) ::_exit(keeper_not_permitted);
}

int keep(std::string_view how, const Order& order) {
  if (how == "supervise") {
    clean_inheritance(report + 1);
    return supervise(order);
  }
  clean_inheritance(report);
  drop_privileges(order);
  die_with(order.owner, SIGKILL);
  become_program(order);
}

}  // namespace
}  // namespace lockkeeper::servers

int main(int count, char** words) {
  using namespace lockkeeper::servers;
  if (count < 6) return keeper_not_permitted;
  ::prctl(PR_SET_NAME, "lockkeeper-keep");
  return keep(words[1], {static_cast<pid_t>(number(words[2])), words[3], words[4], words + 5});
}
