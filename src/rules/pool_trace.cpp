#include "rules/pool_trace.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "rules/recorded.hpp"

namespace lockkeeper::rules {
namespace {

struct Hold {
  model::WallTime from;
  model::WallTime to;
};

// A unit is its id; a transaction without one is a unit of its own.
using UnitHolds = std::map<std::pair<std::string, std::uint64_t>, std::vector<Hold>>;

// What ends when something begins has been given back before.
TracedUnit unit_of(const std::vector<Hold>& holds) {
  std::vector<std::pair<model::WallTime, bool>> changes;
  for (const Hold& hold : holds) {
    changes.emplace_back(hold.from, true);
    changes.emplace_back(std::max(hold.to, hold.from), false);
  }
  std::ranges::sort(changes);
  TracedUnit unit{.arrived = changes.front().first, .steps = {}};
  model::WallTime before = unit.arrived;
  for (const auto& [at, acquires] : changes) {
    unit.steps.push_back({at - before, acquires});
    before = at;
  }
  return unit;
}

}  // namespace

std::map<Program, PoolTrace> pool_traces(const model::Recording& recording) {
  std::map<Program, PoolTrace> traces;
  std::map<Program, UnitHolds> units;
  std::uint64_t number = 0;
  for (const model::Fact& fact : recording.facts) {
    const auto* over = std::get_if<model::TransactionOver>(&fact.what);
    if (over == nullptr) continue;
    const Program program = program_of(identity(over->client));
    PoolTrace& trace = traces[program];
    const Hold hold{over->record->id().started_at, over->ended_at};
    trace.holds.push_back(std::max(hold.to - hold.from, model::Duration::zero()));
    trace.idle += over->record->idle(over->ended_at);
    const std::string& unit = over->unit.value();
    trace.units_are_told = trace.units_are_told || !unit.empty();
    units[program][{unit, unit.empty() ? ++number : 0}].push_back(hold);
  }
  for (const model::RecordedClient& client : recording.clients) {
    if (client.transaction) ++traces[program_of(identity(client.who))].still_open;
  }
  for (const auto& [program, of_program] : units) {
    auto& trace = traces[program];
    for (const auto& [unit, holds] : of_program) trace.units.push_back(unit_of(holds));
    std::ranges::sort(trace.units, {}, &TracedUnit::arrived);
  }
  return traces;
}

}  // namespace lockkeeper::rules
