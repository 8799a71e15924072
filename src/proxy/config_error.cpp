#include "proxy/config_error.hpp"

#include <fmt/format.h>

namespace lockkeeper::proxy {

std::string to_string(const ConfigError& error) {
  if (error.file.empty()) return error.message;
  if (error.line == 0) return fmt::format("{}: {}", error.file, error.message);
  return fmt::format("{}:{}:{}: {}", error.file, error.line, error.column, error.message);
}

}  // namespace lockkeeper::proxy
