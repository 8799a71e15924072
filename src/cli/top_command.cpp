// `top`: a server in a terminal. A watch looks, a hand acts, each on a thread of its own; this one draws and listens.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/top/hand.hpp"
#include "cli/top/layout.hpp"
#include "cli/top/terminal.hpp"
#include "diagnose/watch.hpp"
#include "report/text.hpp"

namespace lockkeeper::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// The terminal is only taken once it is known that there is something to show; who waits longer sees that we connect.
constexpr auto before_taking_the_terminal = 400ms;
// How long a new look or the end of an action may go unseen. A key is seen at once.
constexpr auto tick = 100ms;
// A look that hangs has nothing to lose: who leaves is not kept waiting for its timeout.
constexpr auto patience_at_the_end = 300ms;

model::WallTime wall_now() { return std::chrono::floor<model::Duration>(std::chrono::system_clock::now()); }

// The server's name in what is said of it; never with a password.
std::string name_in(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return "at the other end";
  const std::string rest = url.substr(scheme + 3, url.find_first_of("/?#", scheme + 3) - scheme - 3);
  const std::string host = rest.substr(rest.rfind('@') + 1);
  return host.empty() ? "at the other end" : host;
}

// What is not mended by looking again.
bool is_lasting(const model::LookFailure& failure) {
  constexpr std::array passing{"unreachable", "too_many_connections", "not_ready", "connection_lost", "deadline"};
  return std::ranges::count(passing, failure.code) == 0;
}

// Sessions that are being ended from here: their gaps do not teach the watch's conductor anything.
class Censored {
 public:
  void add(const std::vector<model::SessionId>& sessions) {
    const base::Guard guard(mutex_);
    sessions_.insert(sessions_.end(), sessions.begin(), sessions.end());
  }
  void tell(diagnose::Conductor& conductor) {
    const base::Guard guard(mutex_);
    for (const model::SessionId& session : sessions_) conductor.censor_gap(session);
    sessions_.clear();
  }

 private:
  base::Mutex mutex_;
  std::vector<model::SessionId> sessions_ LK_GUARDED_BY(mutex_);
};

// All that goes on beside the terminal. It may be left behind where the server hangs: see `leave`.
struct Backstage {
  Backstage(const TopRequest& request, World& world)
      : name(name_in(request.url)),
        hand([&world, url = request.url, limits = request.common.limits] { return world.open(url, limits); }) {
    board.expect(name, "");
    watch.emplace(name, world.open(request.url, request.common.limits), board,
                  diagnose::WatchSettings{std::chrono::floor<std::chrono::milliseconds>(request.interval),
                                          request.common.timeout},
                  diagnose::Watch::Hooks{[this](diagnose::Conductor& conductor) { censored.tell(conductor); },
                                         {},
                                         [this](diagnose::Conductor&) { ended.set_value(); }});
  }

  const std::string name;
  diagnose::Board board;
  Censored censored;
  std::promise<void> ended;  // The watch's last look.
  std::optional<diagnose::Watch> watch;
  top::Hand hand;
};

class Show {
 public:
  Show(const TopRequest& request, Backstage& backstage, top::Terminal& terminal)
      : request_(request),
        backstage_(backstage),
        terminal_(terminal),
        picture_(top::make_picture(backstage.board.view(backstage.name))) {
    state_.interval = std::chrono::floor<std::chrono::milliseconds>(request.interval);
    state_.limit_arguments = request.common.limit_arguments;
    if (request.read_only)
      state_.read_only = "--read-only: nothing can be ended from here";
    else if (request.action.audit.empty())
      state_.read_only = "nothing can be ended without a place to record it: start with --audit FILE";
  }

  /// Until somebody leaves; the failure of a first look that no other will mend.
  std::optional<model::LookFailure> run() {
    bool changed = true;
    while (!Interrupt::requested() && !terminal_.is_gone()) {
      changed = see() || changed;
      if (const auto& view = picture_.view->diagnosis; view.looks == 0 && view.failure && is_lasting(*view.failure))
        return view.failure;
      if (changed || Clock::now() >= drawn_ + 1s) draw();
      const auto key = terminal_.read(tick);
      changed = key.has_value();
      if (key && !press(*key)) return std::nullopt;
    }
    return std::nullopt;
  }

 private:
  void draw() {
    terminal_.draw(top::layout(state_, picture_, {terminal_.size(), wall_now()}));
    drawn_ = Clock::now();
  }

  // Whether there is anything new.
  bool see() {
    bool changed = false;
    if (auto report = backstage_.hand.take()) {
      state_ = top::answered(std::move(state_), std::move(*report));
      backstage_.watch->hurry(state_.interval);
      changed = true;
    }
    if (state_.deed && state_.deed->phase == top::Deed::Phase::acting)
      state_.deed->progress = backstage_.hand.progress();
    if (const std::uint64_t version = backstage_.board.version(); version != seen_ && !state_.is_paused) {
      seen_ = version;
      picture_ = top::make_picture(backstage_.board.view(backstage_.name));
      state_ = top::looked(std::move(state_), picture_);
      changed = true;
    }
    return changed;
  }

  // False: leave.
  bool press(const top::Key& key) {
    top::Turn turn = top::press(std::move(state_), key, picture_, terminal_.size());
    state_ = std::move(turn.state);
    switch (turn.effect.kind) {
      case top::Effect::Kind::none: return true;
      case top::Effect::Kind::quit: return false;
      case top::Effect::Kind::change_interval: backstage_.watch->hurry(state_.interval); return true;
      case top::Effect::Kind::plan: backstage_.hand.start(request_of(true)); return true;
      case top::Effect::Kind::act: backstage_.hand.start(request_of(false)); return true;
    }
    return true;
  }

  // What was agreed to is what the dry run has shown, and nothing else.
  diagnose::ActionRequest request_of(bool dry_run) {
    const top::Deed& deed = *state_.deed;
    diagnose::ActionRequest action = request_.action;
    action.action = deed.action;
    action.found = deed.finding;
    action.session = deed.session;
    action.dry_run = dry_run;
    if (dry_run || !deed.report) return action;
    std::vector<model::SessionId> ids;
    action.agreed.emplace();
    for (const model::Target& target : deed.report->targets) {
      if (target.result.outcome != model::ActionOutcome::would_act) continue;
      action.agreed->push_back(target.session);
      ids.push_back(target.session.id);
    }
    if (deed.action == model::Action::terminate) backstage_.censored.add(ids);
    return action;
  }

  const TopRequest& request_;
  Backstage& backstage_;
  top::Terminal& terminal_;
  top::Picture picture_;
  top::State state_;
  std::uint64_t seen_ = 0;
  Clock::time_point drawn_{};
};

int tell(const model::LookFailure& failure, const TopRequest& request, World& world) {
  report::Options options;
  options.colour = colours(request.colour ? Colour::automatic : Colour::never, world.error_is_terminal);
  world.error << report::to_text(failure, options);
  return status_of_failure(failure);
}

int no_terminal(World& world, const std::string& why) {
  world.error << fmt::format(
      "error: {}\n       Without a terminal: `lockkeeper doctor --for 30s` watches, `lockkeeper doctor --json` is for "
      "programs\n",
      why);
  return Status::usage;
}

// An action that is under way is finished and recorded. A look is not waited for: where the server hangs, all that is
// left of us hangs with it, and the program ends with the look under way.
void leave(std::unique_ptr<Backstage> backstage, World& world, int status) {
  if (backstage->hand.is_acting())
    world.error << "finishing the action that is under way, so that its outcome is recorded ...\n" << std::flush;
  backstage->watch->stop();
  const bool is_quiet = backstage->hand.finish();
  if (backstage->ended.get_future().wait_for(patience_at_the_end) == std::future_status::ready && is_quiet) return;
  world.out.flush();
  world.error.flush();
  std::_Exit(status);
}

}  // namespace

int top_command(const TopRequest& request, World& world) {
  if (!world.out_is_terminal || isatty(STDIN_FILENO) != 1)
    return no_terminal(world, "top draws on a terminal, and standard input or output is none");
  auto backstage = std::make_unique<Backstage>(request, world);
  static_cast<void>(backstage->board.wait(0, Clock::now() + before_taking_the_terminal));
  int status = Status::nothing_found;
  {
    const Interrupt interrupt;
    const bool coloured = colours(request.colour ? Colour::automatic : Colour::never, true);
    std::optional<model::LookFailure> failure;
    {
      const auto& seen = backstage->board.view(backstage->name)->diagnosis;
      if (seen.looks == 0 && seen.failure && is_lasting(*seen.failure)) failure = seen.failure;
    }
    if (!failure) {
      auto terminal = top::Terminal::open(coloured);
      if (terminal) {
        failure = Show(request, *backstage, **terminal).run();
      } else {
        status = no_terminal(world, terminal.error());
      }
    }
    if (failure) status = tell(*failure, request, world);
  }
  leave(std::move(backstage), world, status);
  return status;
}

}  // namespace lockkeeper::cli
