// What settings there are: for `SHOW CONFIG`, for the pages of the settings, for "did you mean".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"

namespace lockkeeper::proxy {

struct SettingInfo {
  std::string section;  ///< "proxy", "proxy.tls", "proxy.server_tls", "databases.NAME", "mysql.NAME",
                        ///< "users.NAME".
  std::string name;
  std::string values;         ///< What it may be: "a whole number from 1 to 64", "\"session\" or \"transaction\"".
  std::string default_value;  ///< As it would be written in the file; empty: not set.
  bool reloadable = false;    ///< Changes with a reload; others need a restart.
  std::string description;    ///< One sentence or two.
};

/// All of them, in the order of the pages. Made once, at the first call.
[[nodiscard]] std::span<const SettingInfo> settings();

/// A row of `SHOW CONFIG`: settings of [proxy] under their names, those of its tables as "tls.mode".
struct ShownSetting {
  std::string name;
  std::string value;
  std::string default_value;
  bool changeable = false;  ///< By a reload.
};
[[nodiscard]] std::vector<ShownSetting> shown_settings(const Config& config);

}  // namespace lockkeeper::proxy
