// URLs of one private server: other users, other databases, another way to it.
#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::demo {

/// scheme://user:password@host:port/database, of which private servers' URLs consist.
struct Address {
  std::string scheme;
  std::string user;
  std::string password;
  std::string server;  ///< "127.0.0.1:40123"
  std::string database;

  /// Nothing in it is percent-encoded: names and passwords here are letters and digits.
  [[nodiscard]] std::string url() const;
};

/// Of a URL of that form; parts that it does not have are empty.
[[nodiscard]] Address address_of(std::string_view url);

}  // namespace lockkeeper::demo
