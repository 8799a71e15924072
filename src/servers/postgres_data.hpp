// A new server's files: initdb once per version, copied for every server.
#pragma once

#include <filesystem>
#include <string>

#include "servers/postgres_server.hpp"

namespace lockkeeper::servers {

/// Fills `data` as `initdb` would. Throws with the words of PostgreSQL's programs.
void make_data_folder(const PostgresVersion& version, const std::string& superuser_password,
                      const std::filesystem::path& data);

/// Copies a stopped server's files, as the user the server runs as.
void copy_data_folder(const std::filesystem::path& from, const std::filesystem::path& to);

/// Writes settings and pg_hba.conf over those that initdb made.
void configure(const StartOptions& options, const std::filesystem::path& data, const std::filesystem::path& socket_dir,
               std::uint16_t port);

/// Makes an empty folder that belongs to the user the server runs as.
void make_server_folder(const std::filesystem::path& folder, int mode);

}  // namespace lockkeeper::servers
