#include "peers.hpp"

#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

namespace lockkeeper {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_ancestors = 64;  // A process that started itself would be a fault of the kernel.

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "0100007F:9D78": what is behind the colon.
std::optional<std::uint32_t> port_of(std::string_view address, int base) {
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return number<std::uint32_t>(address.substr(colon + 1), base);
}

// Sockets by their own port. One that listens has no peer.
void read_sockets(const char* table, std::map<std::uint32_t, std::uint64_t>& inodes) {
  constexpr std::string_view established = "01";
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string slot;
    std::string local;
    std::string remote;
    std::string state;
    std::string ignored;
    std::uint64_t inode = 0;
    words >> slot >> local >> remote >> state >> ignored >> ignored >> ignored >> ignored >> ignored >> inode;
    const auto port = port_of(local, 16);
    if (words && port && state == established && inode != 0) inodes[*port] = inode;
  }
}

std::optional<std::int64_t> parent_of(std::int64_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(") ");  // A program's name may have anything in it.
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream words(text.substr(name_end + 2));
  std::string state;
  std::int64_t parent = 0;
  words >> state >> parent;
  if (!words) return std::nullopt;
  return parent;
}

// Empty: it is none of root's.
std::vector<std::int64_t> line_of(std::int64_t process, pid_t root) {
  std::vector<std::int64_t> line;
  for (std::optional<std::int64_t> next = process; next && line.size() < most_ancestors; next = parent_of(*next)) {
    line.push_back(*next);
    if (*next == root) return line;
  }
  return {};
}

void read_descriptors(const fs::path& process, std::map<std::uint64_t, std::int64_t>& owners, std::int64_t pid) {
  constexpr std::string_view prefix = "socket:[";
  std::error_code gone;
  for (auto each = fs::directory_iterator(process / "fd", gone); !gone && each != fs::directory_iterator();
       each.increment(gone)) {
    std::error_code unreadable;
    const std::string target = fs::read_symlink(each->path(), unreadable);
    if (unreadable || !target.starts_with(prefix)) continue;
    const auto inode =
        number<std::uint64_t>(std::string_view(target).substr(prefix.size(), target.size() - prefix.size() - 1));
    if (inode) owners.emplace(*inode, pid);
  }
}

}  // namespace

std::map<std::uint64_t, std::vector<std::int64_t>> processes_of(
    const std::map<std::uint64_t, std::string_view>& clients, pid_t root) {
  std::map<std::uint64_t, std::vector<std::int64_t>> result;
  if (clients.empty()) return result;
  std::map<std::uint32_t, std::uint64_t> inodes;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) read_sockets(table, inodes);
  std::map<std::uint64_t, std::int64_t> owners;
  std::map<std::int64_t, std::vector<std::int64_t>> lines;
  std::error_code failed;
  for (const auto& each : fs::directory_iterator("/proc", failed)) {
    const std::string name = each.path().filename();
    const auto pid = number<std::int64_t>(name);
    if (!pid) continue;
    auto line = line_of(*pid, root);
    if (line.empty()) continue;
    read_descriptors(each.path(), owners, *pid);
    lines.emplace(*pid, std::move(line));
  }
  for (const auto& [client, address] : clients) {
    const auto port = port_of(address, 10);
    const auto inode = port ? inodes.find(*port) : inodes.end();
    const auto owner = inode == inodes.end() ? owners.end() : owners.find(inode->second);
    if (owner != owners.end()) result.emplace(client, lines.at(owner->second));
  }
  return result;
}

}  // namespace lockkeeper
