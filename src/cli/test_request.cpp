#include "cli/test_request.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "cli/duration.hpp"

namespace lockkeeper::cli {
namespace {

constexpr const char* test_footer = R"(
The command finds the recorder where it looks for its database: DATABASE_URL, JDBC_DATABASE_URL, PGHOST and its like,
MYSQL_HOST and its like. Which test did it, a reporter in the suite tells (docs/leak-gate.md); without one, applications are
named. Exit status: the command's own if that is not 0; else 1 if something new was left open, 3 if something may have been
missed. Ended by --timeout it is 124.
Examples:
  lockkeeper test -- pytest -p lockkeeper_pytest              a private PostgreSQL, or else MariaDB
  lockkeeper test --database mariadb -- npm test              a private MariaDB
  lockkeeper test --database postgresql://app:secret@127.0.0.1/shop_test -- mvn test
  lockkeeper test --baseline leaks.json --write-baseline -- pytest    what is there today is known
  lockkeeper test --baseline leaks.json --junit leaks.xml -- pytest   only what is new fails
)";

constexpr std::array private_servers{"postgres", "mariadb"};

bool is_url(const std::string& text) { return text.contains("://"); }

}  // namespace

void add_test(CLI::App& command, TestArguments& arguments) {
  command.footer(test_footer);
  command
      .add_option("--database", arguments.database,
                  "The database that the suite is to use; or postgres or mariadb: a private server of its kind, gone "
                  "afterwards [default: a private one]")
      ->type_name("URL");
  command.add_option("--junit", arguments.junit, "Write the leaks as JUnit's XML too")->type_name("FILE");
  command.add_option("--baseline", arguments.baseline, "Leaks that are known, and do not count")->type_name("FILE");
  command.add_flag("--write-baseline", arguments.write_baseline, "Make the baseline of what is found now");
  command.add_flag("--json", arguments.json,
                   "One JSON object on standard output (docs/api.md); the command's own goes to standard error");
  command
      .add_option("--timeout", arguments.timeout,
                  "End the command after so long: what is left open often keeps a suite from ending [default: never]")
      ->type_name("DURATION");
  command.add_option("--color", arguments.colour, "auto, always or never [default: auto]")->type_name("WHEN");
  command.add_option("COMMAND", arguments.command, "What runs the suite, behind --")->required();
}

std::expected<TestRequest, std::string> understand(const TestArguments& arguments) {
  TestRequest request;
  request.command = arguments.command;
  request.junit = arguments.junit;
  request.baseline = arguments.baseline;
  request.write_baseline = arguments.write_baseline;
  request.json = arguments.json;
  if (request.write_baseline && request.baseline.empty())
    return std::unexpected("--write-baseline needs --baseline FILE: where it is to be written");
  const auto colour = read_colour(arguments.colour);
  if (!colour) return std::unexpected("--color: " + colour.error());
  request.colour = *colour;
  if (!arguments.timeout.empty()) {
    const auto timeout = parse_duration(arguments.timeout);
    if (!timeout) return std::unexpected("--timeout: " + timeout.error());
    if (*timeout <= model::Duration::zero()) return std::unexpected("--timeout must be longer than 0");
    request.timeout = *timeout;
  }
  if (is_url(arguments.database)) {
    request.url = arguments.database;
    return request;
  }
  request.private_server = arguments.database;
  if (!request.private_server.empty() && std::ranges::count(private_servers, request.private_server) == 0)
    return std::unexpected(fmt::format(
        "--database: \"{}\" is neither a URL (postgresql://..., mysql://..., mariadb://...) nor postgres nor mariadb",
        request.private_server));
  return request;
}

}  // namespace lockkeeper::cli
