#include "cli/program.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace lockkeeper::testing {
namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (auto& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> variables(const ProgramSetup& setup, const std::filesystem::path& home) {
  const auto folder = std::filesystem::path(LOCKKEEPER_PROGRAM).parent_path().string();
  Environment all{{"PATH", folder + ":/usr/bin:/bin"}, {"LC_ALL", "C"}, {"TZ", "UTC"}, {"HOME", home.string()}};
  for (const auto& [name, value] : setup.environment) all[name] = value;
  std::vector<std::string> list;
  for (const auto& [name, value] : all) list.push_back(name + "=" + value);
  return list;
}

// In the child, between vfork and exec, in our memory: system calls only. A fork would share all that a sanitizer has,
// page by page, until both have written to it.
[[noreturn]] void become(char* const* arguments, char* const* environment, const char* out, const char* error,
                         pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(125);
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  ::dup2(::open(out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR), STDOUT_FILENO);
  ::dup2(::open(error, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR), STDERR_FILENO);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) ::signal(number, SIG_DFL);
  ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::ostream& operator<<(std::ostream& stream, const Finished& finished) {
  return stream << "exit " << finished.status << " after " << finished.took.count() << " ms\n--- stdout\n"
                << finished.out << "--- stderr\n"
                << finished.error << "---\n";
}

Program::Program(const ProgramSetup& setup) : started_at_(std::chrono::steady_clock::now()) {
  std::vector<std::string> words = setup.arguments;
  words.insert(words.begin(), setup.program.empty() ? LOCKKEEPER_PROGRAM : setup.program);
  std::vector<std::string> environment = variables(setup, home());
  const auto argument_pointers = pointers(words);
  const auto environment_pointers = pointers(environment);
  const std::string out = setup.out.empty() ? (folder_.path() / "out").string() : setup.out;
  const std::string error = (folder_.path() / "error").string();
  const pid_t parent = ::getpid();
  pid_ = ::vfork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "vfork");
  if (pid_ == 0) become(argument_pointers.data(), environment_pointers.data(), out.c_str(), error.c_str(), parent);
}

Program::~Program() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

bool Program::has_ended() {
  if (pid_ > 0 && ::waitpid(pid_, &wait_status_, WNOHANG) == pid_) pid_ = -1;
  return pid_ < 0;
}

Finished Program::finish(std::chrono::milliseconds timeout) {
  const bool ended = becomes_true([&] { return has_ended(); }, timeout);
  Finished result;
  result.out = read_file(folder_.path() / "out");
  result.error = read_file(folder_.path() / "error");
  result.status = WIFEXITED(wait_status_) ? WEXITSTATUS(wait_status_) : 128 + WTERMSIG(wait_status_);
  result.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_at_);
  if (!ended) throw std::runtime_error("the program did not end in time; it said: " + result.all());
  return result;
}

Finished lockkeeper(const std::vector<std::string>& arguments, const Environment& environment) {
  return Program({.arguments = arguments, .environment = environment}).finish();
}

Finished shell(const std::string& command_line, const Environment& environment) {
  return Program({.arguments = {"-c", command_line}, .environment = environment, .program = "/bin/sh"}).finish();
}

}  // namespace lockkeeper::testing
