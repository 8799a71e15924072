#include "servers/process_family.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace lockkeeper::servers {
namespace {

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

}  // namespace

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

}  // namespace lockkeeper::servers
