// What single settings cannot tell: whether they fit together.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "proxy/config.hpp"
#include "proxy/config_error.hpp"

namespace lockkeeper::proxy {

/// Where settings stand in the file: "proxy.pool_size", "databases.shop" and so on. Empty for a URL's configuration.
class ConfigPlaces {
 public:
  ConfigPlaces() = default;
  explicit ConfigPlaces(std::string file) : file_(std::move(file)) {}

  void note(const std::string& setting, std::size_t line, std::size_t column) { places_[setting] = {line, column}; }
  /// An error at the setting's place, else at that of what it stands in, else at none.
  [[nodiscard]] ConfigError error(std::string_view setting, std::string message) const;

 private:
  struct Place {
    std::size_t line = 0;
    std::size_t column = 0;
  };
  std::string file_;
  std::map<std::string, Place, std::less<>> places_;
};

/// Empty: they do.
[[nodiscard]] ConfigErrors check_config(const Config& config, const ConfigPlaces& places);
/// The part of it that is about [mysql.NAME].
[[nodiscard]] ConfigErrors check_mysql_servers(const Config& config, const ConfigPlaces& places);
/// The part of it that is about what config_daemon.hpp holds.
[[nodiscard]] ConfigErrors check_daemon(const Config& config, const ConfigPlaces& places);

}  // namespace lockkeeper::proxy
