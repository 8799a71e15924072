#include "servers/spawn.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string_view>
#include <system_error>

#include "servers/descriptor.hpp"
#include "servers/keeper/image.hpp"

namespace lockkeeper::servers {
namespace {

// So that none of them is one of those that the child gets by a number of its own.
constexpr int above_standard = 10;

Descriptor moved_up(int descriptor) { return {::fcntl(descriptor, F_DUPFD_CLOEXEC, above_standard), "fcntl"}; }

std::string path_of(const Descriptor& descriptor) { return "/proc/self/fd/" + std::to_string(descriptor.number()); }

// Open for reading only: what is open for writing cannot be executed.
Descriptor keeper_in_memory() {
  const Descriptor written(::memfd_create("lockkeeper-keeper", MFD_CLOEXEC), "memfd_create");
  for (std::string_view left = keeper_image(); !left.empty();) {
    const auto count = ::write(written.number(), left.data(), left.size());
    if (count < 0) throw_errno("the keeper of private servers cannot be written to memory");
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  const Descriptor read(::open(path_of(written).c_str(), O_RDONLY | O_CLOEXEC), "memfd");
  return moved_up(read.number());
}

class Actions {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  void give(const Descriptor& ours, int theirs) {
    ::posix_spawn_file_actions_adddup2(&actions_, ours.number(), theirs);
  }
  void open_empty(int theirs) { ::posix_spawn_file_actions_addopen(&actions_, theirs, "/dev/null", O_RDONLY, 0); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

std::vector<std::string> keeper_words(const SpawnOrder& order) {
  std::vector<std::string> words{"lockkeeper-keeper", order.report >= 0 ? "supervise" : "run",
                                 std::to_string(::getpid()), "-", "-"};
  if (order.user) {
    words[3] = std::to_string(order.user->uid);
    words[4] = std::to_string(order.user->gid);
  }
  words.insert(words.end(), order.program.begin(), order.program.end());
  return words;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

pid_t spawn(const SpawnOrder& order) {
  static const Descriptor keeper = keeper_in_memory();
  std::vector<std::string> words = keeper_words(order);
  std::vector<std::string> environment{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"};
  const auto word_pointers = pointers(words);
  const auto environment_pointers = pointers(environment);
  const Descriptor output = moved_up(order.output);
  std::optional<Descriptor> report;
  if (order.report >= 0) report.emplace(moved_up(order.report));
  Actions actions;
  actions.open_empty(STDIN_FILENO);
  actions.give(output, STDOUT_FILENO);
  actions.give(output, STDERR_FILENO);
  if (report) actions.give(*report, 3);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, path_of(keeper).c_str(), actions.get(), nullptr, word_pointers.data(),
                                  environment_pointers.data());
  if (error != 0) {
    throw std::system_error(error, std::generic_category(),
                            "cannot start the keeper of private servers (may programs in memory be executed here?)");
  }
  return child;
}

}  // namespace lockkeeper::servers
