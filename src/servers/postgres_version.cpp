#include "servers/postgres_version.hpp"

#include <unistd.h>

#include <charconv>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "servers/readable_tree.hpp"
#include "servers/search_folders.hpp"

namespace lockkeeper::servers {
namespace {

namespace fs = std::filesystem;

constexpr int default_major = 15;

std::optional<int> parse_major(std::string_view text) {
  int major = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), major);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return major;
}

bool is_installation(const fs::path& bin) {
  return ::access((bin / "initdb").c_str(), X_OK) == 0 && ::access((bin / "postgres").c_str(), X_OK) == 0;
}

// Every folder `<root>/<prefix><major>/<below>` that holds a server.
void find_below(const fs::path& root, std::string_view prefix, const fs::path& below,
                std::map<int, PostgresVersion>& found) {
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(root, absent)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(prefix)) continue;
    const auto major = parse_major(std::string_view(name).substr(prefix.size()));
    const fs::path bin = entry.path() / below;
    if (major && is_installation(bin)) found[*major] = {*major, bin, "postgres" + std::to_string(*major)};
  }
}

}  // namespace

std::vector<PostgresVersion> installed_postgres() {
  std::map<int, PostgresVersion> found;
  for (const fs::path& folder : search_folders()) find_below(folder, "postgres", "native/bin", found);
  find_below("/usr/lib/postgresql", "", "bin", found);
  std::vector<PostgresVersion> versions;
  for (auto& [major, version] : found) versions.push_back(std::move(version));
  return versions;
}

PostgresVersion find_postgres(int major) {
  const auto installed = installed_postgres();
  const int wanted = major == 0 ? default_major : major;
  std::string present;
  for (const PostgresVersion& version : installed) {
    if (version.major == wanted) return version;
    present += " " + std::to_string(version.major);
  }
  if (major == 0 && !installed.empty()) return installed.back();
  throw std::runtime_error(
      "PostgreSQL " + std::to_string(wanted) + " is not installed (found:" + (present.empty() ? " none" : present) +
      "); `apt-get install postgresql-15` has 15, `npm ci` in tools/npm of the sources the others");
}

PostgresVersion readable_installation(const PostgresVersion& version) {
  // Its `bin` alone would not do: the libraries are beside it.
  PostgresVersion readable = version;
  readable.bin = readable_tree(version.bin.parent_path(), version.label + "-program") / version.bin.filename();
  return readable;
}

}  // namespace lockkeeper::servers
