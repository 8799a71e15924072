// --app-log [NAME=]FILE
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace lockkeeper::cli {

struct AppLogArgument {
  std::string application;  ///< Its name on the server; empty: not said.
  std::string file;         ///< "-": standard input.
};

/// "shop=/var/log/shop.log" or a file alone. What stands before an = is a name unless there is a / in it.
[[nodiscard]] AppLogArgument read_app_log(std::string_view text);

enum class AppLogs {
  read_once,
  followed  ///< Standard input cannot be.
};

/// The option, which may be given several times. `help` says what becomes of the file.
void add_app_logs(CLI::App& command, std::vector<AppLogArgument>& into, const std::string& help, AppLogs use);

/// As arguments of another command, quoted for a shell; empty: none.
[[nodiscard]] std::string app_log_arguments(const std::vector<AppLogArgument>& files);

}  // namespace lockkeeper::cli
