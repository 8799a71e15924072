#include "rules/leak_gate.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/stable_sort.hpp"
#include "rules/recorded.hpp"
#include "rules/story.hpp"
#include "rules/test_runs.hpp"

namespace lockkeeper::rules {
namespace {

using model::Leak;
using model::LeakKind;
using model::WallTime;

// Who did something, as far as can be told.
struct Owner {
  std::vector<const TestRun*> runs;  // that may have; the first speaks for them
  std::string name;
};

class Judge {
 public:
  explicit Judge(const model::GateInput& input) : input_(input), runs_(input.marks) {}

  model::GateReport judge() {
    for (const model::Fact& fact : input_.facts) {
      if (const auto* over = std::get_if<model::TransactionOver>(&fact.what)) see(*over);
      if (const auto* oddity = std::get_if<model::ClientOddity>(&fact.what)) see(*oddity, fact.at);
    }
    for (auto& [key, leak] : leaks_) report_.leaks.push_back(std::move(leak));
    report_.tests = runs_.tests();
    report_.clients = static_cast<std::int64_t>(clients_.size());
    report_.facts_lost = input_.facts_lost;
    report_.still_connected = input_.still_connected;
    measure();
    return std::move(report_);
  }

 private:
  [[nodiscard]] Owner owner_at(WallTime moment, const model::ClientIdentity& who, const model::UnitId& unit) const {
    const auto processes = input_.processes.find(who.id);
    Owner owner{runs_.at(moment, processes == input_.processes.end() ? std::vector<std::int64_t>{} : processes->second),
                {}};
    if (!owner.runs.empty()) {
      owner.name = owner.runs.front()->test;
    } else {
      owner.name = !unit.value().empty() ? unit.value() : who.application;
    }
    return owner;
  }

  static Leak leak_of(LeakKind kind, const Owner& owner, const model::ClientIdentity& who,
                      const model::StatementPtr& statement, WallTime at) {
    Leak leak;
    leak.key = {kind, owner.name, statement ? statement->text : ""};
    leak.is_test = !owner.runs.empty();
    for (std::size_t other = 1; other < owner.runs.size(); ++other) leak.others.push_back(owner.runs[other]->test);
    leak.at = at;
    leak.client = named(who);
    return leak;
  }

  void add(Leak leak) {
    const auto [place, is_new] = leaks_.try_emplace(leak.key, std::move(leak));
    if (!is_new) ++place->second.count;
  }

  void see(const model::TransactionOver& over) {
    const auto& who = identity(over.client);
    clients_.insert(who.id);
    ++report_.transactions;
    const WallTime began = over.record->id().started_at;
    const Owner owner = owner_at(began, who, over.unit);
    const bool abandoned = over.end == model::TransactionEnd::abandoned;
    const bool outlived = !owner.runs.empty() && std::ranges::all_of(owner.runs, [&](const TestRun* run) {
      return run->next_began && *run->next_began < over.ended_at;
    });
    // What a test leaves open is a leak, and no need of the tests that follow for connections of their own.
    WallTime held_until = outlived ? began : over.ended_at;
    if (outlived)
      for (const TestRun* run : owner.runs) held_until = std::max(held_until, *run->next_began);
    open_.emplace_back(began, std::pair(1, owner.name));
    open_.emplace_back(held_until, std::pair(-1, owner.name));
    if (!abandoned && !outlived) return;
    Leak leak = leak_of(LeakKind::left_open, owner, who, opening_statement(*over.record), began);
    leak.open_for = over.ended_at - began;
    leak.abandoned = abandoned;
    if (outlived) leak.next_test = owner.runs.front()->next_test;
    leak.ran = statement_lines(*over.record);
    add(std::move(leak));
  }

  void see(const model::ClientOddity& oddity, WallTime at) {
    const auto& who = identity(oddity.client);
    clients_.insert(who.id);
    const auto kind = kind_of(oddity.kind);
    if (!kind) return;
    Leak leak = leak_of(*kind, owner_at(at, who, oddity.unit), who, oddity.statement, at);
    if (oddity.record) leak.ran = statement_lines(*oddity.record);
    add(std::move(leak));
  }

  static std::optional<LeakKind> kind_of(model::OddityKind kind) {
    switch (kind) {
      case model::OddityKind::foreign_commit: return LeakKind::foreign_commit;
      case model::OddityKind::foreign_rollback: return LeakKind::foreign_rollback;
      case model::OddityKind::begin_inside_transaction: return LeakKind::begin_inside_transaction;
      case model::OddityKind::queue_timeout: return std::nullopt;
    }
    return std::nullopt;
  }

  // What ends and begins at one moment does not overlap.
  void measure() {
    std::ranges::sort(open_);
    std::map<std::string, std::int64_t> held;
    for (const auto& [at, change] : open_) {
      auto& now = held[change.second];
      now += change.first;
      if (now > report_.most_held) {
        report_.most_held = now;
        report_.most_held_by = change.second;
      }
      if (now == 0) held.erase(change.second);
      report_.units_at_once = std::max(report_.units_at_once, static_cast<std::int64_t>(held.size()));
    }
    if (report_.most_held > 0) report_.smallest_pool = report_.units_at_once * (report_.most_held - 1) + 1;
  }

  const model::GateInput& input_;
  const TestRuns runs_;
  model::GateReport report_;
  std::map<model::LeakKey, Leak> leaks_;
  std::set<std::uint64_t> clients_;
  std::vector<std::pair<WallTime, std::pair<int, std::string>>> open_;  // begun or ended, whose
};

}  // namespace

model::GateReport judge_tests(const model::GateInput& input, const std::vector<model::LeakKey>& known) {
  auto report = Judge(input).judge();
  const std::set<model::LeakKey> baseline(known.begin(), known.end());
  std::set<model::LeakKey> seen;
  for (Leak& leak : report.leaks) {
    leak.known = baseline.contains(leak.key);
    seen.insert(leak.key);
  }
  base::stable_sort(report.leaks, {}, [](const Leak& leak) { return std::pair(leak.known, leak.key.test); });
  for (const model::LeakKey& key : baseline) {
    if (!seen.contains(key)) report.gone.push_back(key);
  }
  return report;
}

}  // namespace lockkeeper::rules
