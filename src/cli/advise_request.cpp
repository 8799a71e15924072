#include "cli/advise_request.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/duration.hpp"

namespace lockkeeper::cli {
namespace {

constexpr const char* advise_footer = R"(
A recorder remembers what was over in the last ten minutes: ask at the busiest time, or keep a dump of it.
Examples:
  lockkeeper advise postgresql://app@127.0.0.1:6432/pgbouncer
  lockkeeper advise at-three.jsonl --target 5ms
  lockkeeper advise at-three.jsonl --load 2 --size 20 --json | jq .applications
)";

constexpr double most_load = 1'000;
constexpr std::int64_t largest_pool = 10'000;

// The duration into `into`, where one is given; otherwise what is wrong with it.
std::string read(const char* option, const std::string& text, model::Duration& into) {
  if (text.empty()) return {};
  const auto duration = parse_duration(text);
  if (!duration) return fmt::format("{}: {}", option, duration.error());
  if (*duration <= model::Duration::zero()) return fmt::format("{} must be longer than 0", option);
  into = *duration;
  return {};
}

}  // namespace

void add_advise(CLI::App& command, AdviseArguments& arguments) {
  command.footer(advise_footer);
  command
      .add_option("RECORDING", arguments.source,
                  "The URL of a recorder's console, or a dump's file; - for standard input")
      ->required();
  command.add_option("--target", arguments.target, "That 99 of 100 are to wait no longer than [default: 10ms]")
      ->type_name("DURATION");
  command
      .add_option("--acquire-timeout", arguments.acquire_timeout, "After which the application gives up [default: 30s]")
      ->type_name("DURATION");
  command.add_option("--load", arguments.load, "So many times the recorded arrivals [default: 1]")->type_name("FACTOR");
  command.add_option("--size", arguments.sizes, "Try this size too; may be given again")->type_name("COUNT");
  command.add_option("--timeout", arguments.timeout, "Longest wait for the recorder [default: 15s]")
      ->type_name("DURATION");
  command.add_flag("--json", arguments.json, "One JSON object instead of text (docs/api.md)");
  command.add_option("--color", arguments.colour, "auto, always or never [default: auto]")->type_name("WHEN");
}

std::expected<AdviseRequest, std::string> understand(const AdviseArguments& arguments) {
  AdviseRequest request;
  (arguments.source.contains("://") ? request.url : request.file) = arguments.source;
  request.json = arguments.json;
  for (const std::string& wrong : {read("--target", arguments.target, request.wish.target_wait),
                                   read("--acquire-timeout", arguments.acquire_timeout, request.wish.acquire_timeout),
                                   read("--timeout", arguments.timeout, request.timeout)}) {
    if (!wrong.empty()) return std::unexpected(wrong);
  }
  if (!(arguments.load > 0 && arguments.load <= most_load))
    return std::unexpected(fmt::format("--load is a factor above 0, at most {}", most_load));
  request.wish.load = arguments.load;
  const auto is_wrong = [](std::int64_t size) { return size < 1 || size > largest_pool; };
  if (std::ranges::any_of(arguments.sizes, is_wrong))
    return std::unexpected(fmt::format("--size is a number of connections from 1 to {}", largest_pool));
  request.wish.sizes = arguments.sizes;
  const auto colour = read_colour(arguments.colour);
  if (!colour) return std::unexpected("--color: " + colour.error());
  request.colour = *colour;
  return request;
}

}  // namespace lockkeeper::cli
