// Certificates made for a test, in files of a folder of its own: an authority, a server it vouches for, and a stranger.
#pragma once

#include <filesystem>
#include <string>

namespace lockkeeper::io::testing {

class Certificates {
 public:
  Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;
  ~Certificates();

  std::string authority;  ///< Certificate alone.
  std::string other_authority;
  std::string server, server_key;  ///< For "db.example" and 127.0.0.1.

 private:
  std::filesystem::path folder_;
};

}  // namespace lockkeeper::io::testing
