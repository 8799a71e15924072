// Which PostgreSQL servers this machine has.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace lockkeeper::servers {

struct PostgresVersion {
  int major = 0;
  std::filesystem::path bin;  ///< The folder of `initdb` and `postgres`.
  std::string label;          ///< "postgres15": letters and digits, fit for the name of a test.
};

/// For the names that GoogleTest prints.
inline void PrintTo(const PostgresVersion& version, std::ostream* out) { *out << version.label; }

/// Debian's servers (/usr/lib/postgresql) and those of the searched folders (search_folders.hpp), by rising major
/// version; Debian's where both have one.
[[nodiscard]] std::vector<PostgresVersion> installed_postgres();

/// One version; 0 means 15, Debian 12's own, or else the newest. Throws saying how to install it where it is missing.
[[nodiscard]] PostgresVersion find_postgres(int major);

/// The same installation where every user can read it (readable_tree).
[[nodiscard]] PostgresVersion readable_installation(const PostgresVersion& version);

}  // namespace lockkeeper::servers
