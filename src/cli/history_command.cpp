// `history`: what happened between two times.
#include <ostream>

#include "cli/commands.hpp"
#include "report/history_json.hpp"
#include "report/history_text.hpp"
#include "report/text.hpp"

namespace lockkeeper::cli {

int history(const HistoryRequest& request, World& world) {
  const auto read = world.history(request.file, request.query, request.timeout);
  report::Options options;
  if (request.json) {
    world.out << (read ? report::to_json(*read)
                       : report::to_json({.from = request.query.from, .to = request.query.to}, read.error()))
              << '\n';
  } else if (read) {
    options.colour = colours(request.colour, world.out_is_terminal);
    world.out << report::to_text(*read, options);
  } else {
    options.colour = colours(request.colour, world.error_is_terminal);
    world.error << report::to_text(read.error(), options);
  }
  return delivered(world, read ? static_cast<int>(Status::nothing_found) : status_of_failure(read.error()));
}

}  // namespace lockkeeper::cli
