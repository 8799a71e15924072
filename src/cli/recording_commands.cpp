// `dump`, `replay` and `advise`: what a recorder remembers, taken away, judged again, and what pools it asks for.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

#include "cli/commands.hpp"
#include "report/pool_advice.hpp"
#include "report/recording_json.hpp"
#include "report/text.hpp"

namespace lockkeeper::cli {
namespace {

// nullopt: it has been said what is wrong.
std::optional<report::Replay> understood(std::istream& in, const std::string& name, World& world) {
  auto read = report::read_recording(in);
  if (!read) {
    world.error << fmt::format(
        "error: {} is no recording: {}\n       lockkeeper dump URL writes them; docs/api.md says what is in them\n",
        name, read.error().text());
    return std::nullopt;
  }
  if (read->unknown_lines > 0) {
    world.error << fmt::format("note: {} lines of kinds that this version does not know were left out\n",
                               read->unknown_lines);
  }
  return *std::move(read);
}

std::optional<report::Replay> read_file(const std::string& name, World& world) {
  if (name == "-") return understood(std::cin, "standard input", world);
  std::ifstream file(name);
  if (file) return understood(file, name, world);
  world.error << fmt::format("error: {} cannot be read: {}\n", name, std::strerror(errno));
  return std::nullopt;
}

void tell(const model::LookFailure& failure, Colour colour, World& world) {
  report::Options options;
  options.colour = colours(colour, world.error_is_terminal);
  world.error << report::to_text(failure, options);
}

}  // namespace

int dump(const DumpRequest& request, World& world) {
  const auto lines = world.read_recorder(request.url, request.timeout);
  if (!lines) {
    tell(lines.error(), Colour::automatic, world);
    return status_of_failure(lines.error());
  }
  world.out << *lines;
  return delivered(world, Status::nothing_found);
}

int replay(const ReplayRequest& request, World& world) {
  const auto read = read_file(request.file, world);
  if (!read) return Status::usage;
  const auto diagnosis = diagnose::judge_recording(read->recording, read->snapshot, request.common.limits);
  return delivered(world, present(diagnosis, request, world));
}

int advise(const AdviseRequest& request, World& world) {
  std::optional<report::Replay> read;
  if (request.url.empty()) {
    read = read_file(request.file, world);
  } else {
    const auto lines = world.read_recorder(request.url, request.timeout);
    if (!lines) {
      tell(lines.error(), request.colour, world);
      return status_of_failure(lines.error());
    }
    std::istringstream in(*lines);
    read = understood(in, "what the recorder sent", world);
  }
  if (!read) return Status::usage;
  const auto advice = world.advise(read->recording, read->snapshot, request.wish);
  report::Options options;
  options.colour = colours(request.colour, world.out_is_terminal);
  world.out << (request.json ? report::to_json(advice, request.wish) + "\n"
                             : report::to_text(advice, request.wish, options));
  return delivered(world, advice.advised_together > 0 ? Status::nothing_found : Status::not_observed);
}

}  // namespace lockkeeper::cli
