#include "settings_page/page.hpp"

#include <fmt/format.h>

#include "proxy/config_settings.hpp"

namespace lockkeeper::tools {
namespace {

constexpr std::string_view head = R"(# The configuration of `lockkeeper run`

This page is made from the program's own table of settings: `cmake --build --preset dev --target configuration_page`.

`lockkeeper run --config FILE` reads a file like this one, in [TOML](https://toml.io):

```toml
)";

constexpr std::string_view about = R"(```

`lockkeeper run --config FILE --check` only reads it. All mistakes are told at once, each with line and column, what would
be right, and the nearest word that exists; an unknown section or setting is a mistake. Paths that are not absolute begin
at the file's folder. Files with passwords should be readable by their owner alone (mode 0600).

A URL beside the file says where to, and who may come; the file then needs no database. Options of the command line stand
above the file.

**Reload.** SIGHUP, or `RELOAD` on the [console](console.md), reads the file again. A file with a mistake changes nothing.
Clients that are there keep the settings that they came with, where those are their own; pools take over theirs at once. The
tables say which settings wait for a restart instead. The log names what was changed and what waits.

**The users file** (`users_file`) has a line for each user, as PgBouncer's userlist.txt: the name and a password, an md5 hash or
a SCRAM verifier as it stands in `pg_authid`, both in double quotes.

```
"ann" "SCRAM-SHA-256$4096:..."
"reports" "a password"
```

## Values

- **Duration**: a text of numbers and units: `"250ms"`, `"30s"`, `"5min"`, `"1h"`, `"2d"`, `"1h30min"`. Where 0 is allowed, `0`
  switches the limit off.
- **Size**: `"16 KiB"`, `"1 MiB"`, `"4096 B"`, or a number of bytes.
- **Text**: in double quotes.

)";

struct Section {
  std::string_view name;
  std::string_view about;
};

constexpr Section sections[] = {
    {"proxy", "Everything that is not about one database or user."},
    {"proxy.tls", "Between clients and the proxy."},
    {"proxy.server_tls", "Between the proxy and the servers."},
    {"databases.NAME",
     "A database as clients name it, and where it is. `[databases.\"*\"]` stands for those that have no section of "
     "their "
     "own. `pgbouncer` is the console's name. What is not set here is as in `[proxy]`."},
    {"mysql.NAME",
     "A MySQL or MariaDB server; NAME is what the console calls it. Clients come to its own addresses, log in to the "
     "server itself (`auth` is not about them), and keep a connection each until they leave. They need no database or "
     "user in this file; `[proxy.tls]` and `[proxy.server_tls]` hold for them as well. A section that comes or goes "
     "waits for a restart. What is not set here is as in `[proxy]`."},
    {"users.NAME",
     "A user as clients name it. What is set here stands above the database's setting, or the MySQL server's, which "
     "stands above `[proxy]`'s. `pool_mode` and `pool_size` are about PostgreSQL alone."},
    {"servers.NAME",
     "A server that is looked at once a second, as the doctor does, whether or not the proxy stands before it; NAME is "
     "what "
     "the dashboard, the metrics and the history call it. The server of the command line's URL is called `main`, and "
     "is "
     "there without a section. One that cannot be reached is told as such, and tried again."},
    {"http", "The dashboard, the [API](http-api.md) and the [metrics](metrics.md)."},
    {"history", "What is [kept](history.md) of what happened."},
    {"policies.NAME",
     "What is done by itself about the findings of one rule. Every decision, and what came of it, stands in the audit "
     "under the policy's name. Replication, the server's own processes and backups (pg_dump, mysqldump and others, by "
     "the "
     "names they give themselves) are never touched."},
    {"alerts.NAME",
     "Where findings are posted to as they come, change and go, as JSON: one request for each, tried again for five "
     "minutes."},
    {"logs.NAME",
     "The log of an application, where NAME is its application_name on the server: what its pool complains of is "
     "[joined](rules/pool-exhausted.md) with its sessions."},
};

// For a cell of a table.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '|' || letter == '*') result += '\\';
    result += letter;
  }
  return result;
}

std::string as_code(std::string_view text) { return fmt::format("`{}`", text); }

// Texts in quotes become code.
std::string with_code(std::string_view text) {
  std::string result;
  bool within = false;
  for (const char letter : text) {
    if (letter != '"') {
      result += letter;
      continue;
    }
    result += within ? "\"`" : "`\"";
    within = !within;
  }
  return result;
}

// Shorter than in an error message, which has no page of values beside it.
std::string values(const proxy::SettingInfo& setting) {
  constexpr std::string_view whole = "a whole number from ";
  if (setting.values.starts_with("a duration")) return setting.values.contains("(off)") ? "duration or 0" : "duration";
  if (setting.values.starts_with(whole)) return setting.values.substr(whole.size());
  const bool has_article = setting.values.starts_with("a ");
  return with_code(std::string_view(setting.values).substr(has_article ? 2 : 0));
}

std::string default_value(const proxy::SettingInfo& setting) {
  if (!setting.default_value.empty()) return as_code(setting.default_value);
  if (setting.description.contains("Must be given")) return "none";
  return setting.description.contains("[proxy]") ? "as in [proxy]" : "not set";
}

std::string row(const proxy::SettingInfo& setting) {
  return fmt::format("| {} | {} | {} | {} | {} |\n", as_code(setting.name), values(setting), default_value(setting),
                     setting.reloadable ? "reload" : "restart", escaped(setting.description));
}

}  // namespace

std::string settings_page() {
  std::string page(head);
  page += settings_example();
  page += about;
  for (const Section& section : sections) {
    page += fmt::format("## [{}]\n\n{}\n\n", section.name, section.about);
    page += "| setting | value | default | changes with a | meaning |\n|---|---|---|---|---|\n";
    for (const proxy::SettingInfo& setting : proxy::settings()) {
      if (setting.section == section.name) page += row(setting);
    }
    page += '\n';
  }
  page +=
      "See also [the recorder](recorder.md), [the console](console.md), [lockkeeper-run](man/lockkeeper-run.1.md).\n";
  return page;
}

}  // namespace lockkeeper::tools
