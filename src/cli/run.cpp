#include "cli/run.hpp"

#include <pwd.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <ostream>

#include "cli/commands.hpp"

namespace lockkeeper::cli {
namespace {

std::string user_name() {
  const passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : "uid " + std::to_string(geteuid());
}

int run_request(Request request, World& world) {
  if (request.exit_status) {
    (*request.exit_status == Status::usage ? world.error : world.out) << request.output;
    return delivered(world, *request.exit_status);
  }
  if (request.doctor) return doctor(*request.doctor, world);
  if (request.run) return world.daemon(*request.run);
  if (request.dump) return dump(*request.dump, world);
  if (request.history) return history(*request.history, world);
  if (request.replay) return replay(*request.replay, world);
  if (request.advise) return advise(*request.advise, world);
  if (request.test) return test(*request.test, world);
  if (request.demo) return delivered(world, world.demo(*request.demo));
  if (request.version) {
    world.out << (request.version->json ? report::to_json(world.build) : report::to_text(world.build));
    return delivered(world, Status::nothing_found);
  }
  if (request.top) {
    request.top->action.actor = user_name();
    return top_command(*request.top, world);
  }
  request.kill->action.actor = user_name();
  return kill(*request.kill, world);
}

}  // namespace

int status_of_failure(const model::LookFailure& failure) {
  return failure.code == "configuration" ? Status::usage : Status::not_observed;
}

bool colours(Colour colour, bool terminal) {
  if (colour != Colour::automatic) return colour == Colour::always;
  const char* no_colour = std::getenv("NO_COLOR");  // see no-color.org
  return terminal && (no_colour == nullptr || *no_colour == '\0');
}

int delivered(World& world, int status) {
  world.out.flush();
  if (world.out) return status;
  world.error << "error: the result could not be written to standard output: is the disk full, or the reader gone?\n";
  return Status::not_observed;
}

int run(int argc, const char* const* argv, World& world) {
  // A reader that has gone is a result not delivered (status 3), no reason to die in the middle of an action.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run_request(parse_request(argc, argv), world);
  } catch (const std::exception& problem) {
    world.error << "error: " << problem.what() << "\n       This is a bug in Lockkeeper; please report it.\n";
    return Status::not_observed;
  }
}

}  // namespace lockkeeper::cli
