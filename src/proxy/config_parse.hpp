// A configuration from TOML.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/config_error.hpp"

namespace lockkeeper::proxy {

/// `file`: for the errors. All errors at once (at most 100), in the order of the file; where the text is no TOML, the
/// first place alone. `base`: what holds where the file says nothing (a URL's configuration beside it). Pure: files
/// that the configuration names are not looked at.
[[nodiscard]] std::expected<Config, ConfigErrors> parse_config(std::string_view text, const std::string& file,
                                                               Config base = {});

struct LoadedConfig {
  Config config;
  std::vector<std::string> warnings;  ///< Files of secrets that everybody may read.
};
/// Reads the file and the password files that it names; paths in it that are not absolute begin at the file's folder.
[[nodiscard]] std::expected<LoadedConfig, ConfigErrors> load_config(const std::string& path, Config base = {});

}  // namespace lockkeeper::proxy
