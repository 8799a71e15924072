// What is wrong with a configuration, and where.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace lockkeeper::proxy {

struct ConfigError {
  std::string file;
  std::size_t line = 0;  ///< From 1; 0: no place of the file in particular.
  std::size_t column = 0;
  std::string message;
};
using ConfigErrors = std::vector<ConfigError>;

/// "file:line:column: message", as compilers do; without the place, or the file, where there is none.
[[nodiscard]] std::string to_string(const ConfigError& error);

}  // namespace lockkeeper::proxy
