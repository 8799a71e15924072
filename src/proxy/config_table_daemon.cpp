// The settings of config_daemon.hpp.
#include "proxy/config_kinds.hpp"
#include "proxy/config_table.hpp"

namespace lockkeeper::proxy {
namespace {

using namespace kinds;

constexpr std::uint64_t least_history = 1024 * 1024;             // bytes: a page for each thing, and the WAL
constexpr std::uint64_t most_history = std::uint64_t{1} << 40U;  // bytes: as sizes go in this file
constexpr Bounds rollback_bounds{0, 1'000'000'000};
constexpr Bounds rate_bounds{1, 100'000};

// A list that holds nothing is told as "not set".
template <class Section>
Setting<Section> optional_list(std::string_view name, std::vector<std::string> Section::* member,
                               std::string_view values, bool reloadable, std::string_view description) {
  Setting<Section> setting = list(name, member, values, reloadable, description);
  setting.write = [member, write = setting.write](const Section& section) {
    return (section.*member).empty() ? std::string() : write(section);
  };
  return setting;
}

}  // namespace

const SettingTable<WatchedServerConfig>& watched_server_table() {
  using S = WatchedServerConfig;
  static const SettingTable<S> table{
      text("url", &S::url, at_restart,
           "The server and the role that looks, as `lockkeeper doctor` takes it. Must be given."),
      text("password_file", &S::password_file, at_restart,
           "A file whose first line is that role's password, which then need not stand in the URL."),
  };
  return table;
}

const SettingTable<HttpConfig>& http_table() {
  using H = HttpConfig;
  static const SettingTable<H> table{
      optional_list("listen", &H::listen, "a list of addresses like [\"127.0.0.1:9190\"]", at_restart,
                    "Where the dashboard, the API and the metrics are served. Not set: nowhere."),
      text("token_file", &H::token_file, at_restart,
           "A file whose first line is the token that every request must show. Must be given where others than this "
           "machine can connect."),
      optional_list("host_names", &H::host_names, "a list of names", at_restart,
                    "Names under which browsers may ask for it, beside the addresses themselves and localhost."),
      flag("actions", &H::actions, at_restart, "Lets the dashboard and the API end sessions."),
  };
  return table;
}

const SettingTable<HistoryConfig>& history_table() {
  using H = HistoryConfig;
  static const SettingTable<H> table{
      text("file", &H::file, at_restart,
           "The SQLite file in which is kept what happened, and what was learnt. Not set: both are gone at the end."),
      duration("keep", &H::keep, Off::never, at_restart, "How long."),
      size("max_size", &H::max_size, least_history, most_history, at_restart,
           "How large the file may become; the oldest goes first."),
  };
  return table;
}

const SettingTable<PolicyConfig>& policy_table() {
  using P = PolicyConfig;
  static const SettingTable<P> table{
      flag("enabled", &P::enabled, at_reload,
           "Acts. Until it is switched on it is a dry run: the audit tells what would have been done."),
      text("rule", &P::rule, at_reload, "The rule whose findings it acts on, \"idle-transaction\" say. Must be given."),
      optional_list("servers", &P::servers, "a list of names", at_reload,
                    "The servers it is for: sections of [servers], or \"main\", the URL's. Not set: all."),
      choice<PolicyAction>("action", &P::action, at_reload,
                           "Whether the session is ended, or only its running statement is."),
      duration("min_age", &P::min_age, Off::never, at_reload,
               "How long the session has been in its state before anything is done about it."),
      flag("only_if_blocking", &P::only_if_blocking, at_reload, "Only sessions that somebody waits for."),
      whole("max_rollback_rows", &P::max_rollback_rows, rollback_bounds, at_reload,
            "Who has written more rows is left alone; where the server does not count them it is not known."),
      whole("max_per_hour", &P::max_per_hour, rate_bounds, at_reload,
            "How many sessions it may act on in any hour, of all servers together."),
      optional_list("exclude_applications", &P::exclude_applications, "a list of names", at_reload,
                    "Applications that are left alone; a * at the end stands for any more letters."),
      optional_list("exclude_users", &P::exclude_users, "a list of names", at_reload,
                    "Users that are left alone; a * at the end stands for any more letters."),
      flag("include_superusers", &P::include_superusers, at_reload, "Superusers' sessions too."),
  };
  return table;
}

const SettingTable<AlertConfig>& alert_table() {
  using A = AlertConfig;
  static const SettingTable<A> table{
      text("url", &A::url, at_reload, "Where it is posted to, http:// or https://. Must be given."),
      choice<AlertSeverity>("min_severity", &A::min_severity, at_reload, "Findings below it are not told."),
      optional_list(
          "servers", &A::servers, "a list of names", at_reload,
          "The servers whose findings are told: sections of [servers], or \"main\", the URL's. Not set: all."),
      text("token_file", &A::token_file, at_reload, "A file whose first line is sent as a bearer token."),
  };
  return table;
}

const SettingTable<LogConfig>& log_table() {
  using L = LogConfig;
  static const SettingTable<L> table{
      text("file", &L::file, at_restart, "The file, which may come later, be rotated and be truncated. Must be given."),
  };
  return table;
}

}  // namespace lockkeeper::proxy
