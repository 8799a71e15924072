// `dump` and `replay`: what a recorder remembers, taken away and judged again.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "cli/commands.hpp"
#include "report/recording_json.hpp"
#include "report/text.hpp"

namespace lockkeeper::cli {

int dump(const DumpRequest& request, World& world) {
  const auto lines = world.read_recorder(request.url, request.timeout);
  if (!lines) {
    report::Options options;
    options.colour = colours(Colour::automatic, world.error_is_terminal);
    world.error << report::to_text(lines.error(), options);
    return status_of_failure(lines.error());
  }
  world.out << *lines;
  return delivered(world, Status::nothing_found);
}

int replay(const ReplayRequest& request, World& world) {
  std::ifstream file;
  if (request.file != "-") {
    file.open(request.file);
    if (!file) {
      world.error << fmt::format("error: {} cannot be read: {}\n", request.file, std::strerror(errno));
      return Status::usage;
    }
  }
  const auto read = report::read_recording(request.file == "-" ? std::cin : file);
  if (!read) {
    world.error << fmt::format(
        "error: {} is no recording: {}\n       lockkeeper dump URL writes them; docs/api.md says what is in them\n",
        request.file == "-" ? "standard input" : request.file, read.error().text());
    return Status::usage;
  }
  if (read->unknown_lines > 0) {
    world.error << fmt::format("note: {} lines of kinds that this version does not know were left out\n",
                               read->unknown_lines);
  }
  const auto diagnosis = diagnose::judge_recording(read->recording, read->snapshot, request.common.limits);
  return delivered(world, present(diagnosis, request, world));
}

}  // namespace lockkeeper::cli
