#include "cli/demo_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "cli/nearest.hpp"

namespace lockkeeper::cli {
namespace {

constexpr const char* demo_footer = R"(
Starts a private server (PostgreSQL, else MariaDB, else SQLite embedded), on a free port of this machine alone. Everything
it started is gone afterwards, also after Ctrl-C. The incidents: 1 webhook, 2 post, 3 counter, 4 refund, 5 lonely-test.
Exit status: 0 everything was shown as it is meant to be, 1 something was not, 2 wrong usage, 3 no server could be
started, 130 after Ctrl-C.
Examples:
  lockkeeper demo
  lockkeeper demo --incident 3 --on mariadb
  lockkeeper demo --incident webhook --keep        look around afterwards with psql, or lockkeeper top
  lockkeeper demo --yes --json | jq .incidents
)";

constexpr std::array<std::string_view, 5> incidents{"webhook", "post", "counter", "refund", "lonely-test"};
constexpr std::array<std::string_view, 4> servers{"postgres", "mariadb", "mysql", "sqlite"};

std::optional<int> number_of(const std::string& word) {
  for (std::size_t index = 0; index < incidents.size(); ++index) {
    if (word == incidents[index] || word == std::to_string(index + 1)) return static_cast<int>(index) + 1;
  }
  return std::nullopt;
}

std::string did_you_mean(const std::string& word, const auto& known) {
  const auto meant = nearest(word, {known.begin(), known.end()});
  return meant.empty() ? "" : fmt::format("; did you mean {}?", meant);
}

}  // namespace

void add_demo(CLI::App& command, DemoArguments& arguments) {
  command.footer(demo_footer);
  command.add_option("--incident", arguments.incident, "Only this one: 1 to 5, or its name [default: all]")
      ->type_name("N");
  command
      .add_option("--on", arguments.on,
                  "postgres, mariadb, mysql or sqlite [default: the first that is installed; sqlite shows the library "
                  "alone]")
      ->type_name("SERVER");
  command.add_flag("--keep", arguments.keep, "Keep the server running at the end, until Enter or Ctrl-C");
  command.add_flag("--yes", arguments.yes, "Ask nothing before sessions are ended");
  command.add_flag("--json", arguments.json, "One JSON object instead of the story (docs/api.md)");
  command.add_option("--color", arguments.colour, "auto, always or never [default: auto]")->type_name("WHEN");
}

std::expected<DemoRequest, std::string> understand(const DemoArguments& arguments) {
  DemoRequest request;
  request.keep = arguments.keep;
  request.yes = arguments.yes;
  request.json = arguments.json;
  if (request.keep && request.json)
    return std::unexpected("--keep is for who looks around, and --json for programs: leave one out");
  if (!arguments.incident.empty()) {
    request.incident = number_of(arguments.incident);
    if (!request.incident)
      return std::unexpected(fmt::format("--incident: \"{}\" is none of 1 to 5, {}{}", arguments.incident,
                                         fmt::join(incidents, ", "), did_you_mean(arguments.incident, incidents)));
  }
  request.on = arguments.on;
  if (!request.on.empty() && std::ranges::count(servers, request.on) == 0)
    return std::unexpected(fmt::format("--on: \"{}\" is none of {}{}", request.on, fmt::join(servers, ", "),
                                       did_you_mean(request.on, servers)));
  if (request.keep && request.on == "sqlite")
    return std::unexpected("--keep keeps a server running, and sqlite has none: leave one out");
  const auto colour = read_colour(arguments.colour);
  if (!colour) return std::unexpected("--color: " + colour.error());
  request.colour = *colour;
  return request;
}

}  // namespace lockkeeper::cli
