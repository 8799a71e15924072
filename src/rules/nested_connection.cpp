// nested-connection: a unit of work takes a connection while it holds one in a transaction. With enough of them at
// once, each holds what another waits for, and the pool is dead.
//
// A unit is known by the trace tags of its statements. Two clients of one unit and one pool, the second begun while the
// transaction of the first was open: nothing less is taken for proof.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/stable_sort.hpp"
#include "rules/catalogue.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

// One stay of a unit at a connection, or in the queue for one.
struct Stay {
  const model::ClientIdentity* who = nullptr;
  model::WallTime from;
  model::WallTime to;
  const model::TransactionRecord* record = nullptr;  // of a transaction; nullptr: a statement alone, or a wait
  const model::RecordedClient* open = nullptr;       // now
  bool waits = false;                                // waits for a connection, or has waited in vain
};

struct Nesting {
  std::string unit;
  Stay outer;
  Stay inner;
};

struct Group {
  std::vector<Nesting> nestings;
  std::set<std::string> units;
  std::int64_t waiting = 0;  // now, or in vain
};

using Key = std::pair<Program, std::uint64_t>;  // of the outer one, and the statement that its transaction begins with

using Stays = std::map<std::string, std::vector<Stay>>;  // by unit

void add_clients(Stays& stays, const model::Recording& recording) {
  for (const auto& client : recording.clients) {
    if (client.unit.value().empty()) continue;
    const auto* who = &identity(client.who);
    auto& own = stays[client.unit.value()];
    if (client.state == model::ClientState::waiting) {
      own.push_back({who, client.state_since, recording.taken_at, nullptr, &client, true});
    } else if (client.transaction) {
      own.push_back(
          {who, client.transaction->id().started_at, recording.taken_at, &*client.transaction, &client, false});
    } else if (client.state == model::ClientState::active && client.statement_started_at) {
      own.push_back({who, *client.statement_started_at, recording.taken_at, nullptr, &client, false});
    }
  }
}

void add_facts(Stays& stays, const model::Recording& recording) {
  for (const auto& fact : recording.facts) {
    if (const auto* over = std::get_if<model::TransactionOver>(&fact.what)) {
      if (over->unit.value().empty() || !over->record) continue;
      stays[over->unit.value()].push_back(
          {&identity(over->client), over->record->id().started_at, over->ended_at, over->record.get(), nullptr, false});
    } else if (const auto* oddity = std::get_if<model::ClientOddity>(&fact.what)) {
      if (oddity->unit.value().empty() || oddity->kind != model::OddityKind::queue_timeout) continue;
      stays[oddity->unit.value()].push_back({&identity(oddity->client), fact.at, fact.at, nullptr, nullptr, true});
    }
  }
}

bool inside(const Stay& inner, const Stay& outer) {
  const bool one_pool = inner.who->database == outer.who->database && inner.who->user == outer.who->user;
  return outer.record != nullptr && inner.who->id != outer.who->id && one_pool && inner.from > outer.from &&
         inner.from < outer.to;
}

// The worst of a unit: one that waits now before one that has waited in vain, and that before one that got through; of
// equals, the one that held longest.
std::optional<Nesting> nesting(const std::string& unit, const std::vector<Stay>& stays) {
  std::optional<Nesting> worst;
  const auto weight = [](const Nesting& one) {
    return std::tuple(one.inner.waits && one.inner.open != nullptr, one.inner.waits, one.outer.open != nullptr,
                      -one.outer.from.time_since_epoch());
  };
  for (const Stay& outer : stays) {
    for (const Stay& inner : stays) {
      if (!inside(inner, outer)) continue;
      Nesting found{unit, outer, inner};
      if (!worst || weight(found) > weight(*worst)) worst = std::move(found);
    }
  }
  return worst;
}

std::map<Key, Group> gather(const model::Recording& recording) {
  Stays stays;
  add_clients(stays, recording);
  add_facts(stays, recording);
  std::map<Key, Group> groups;
  for (const auto& [unit, own] : stays) {
    // A unit has a handful; one that is used for everything is no unit, and would cost its square.
    if (own.size() > 64) continue;
    auto found = nesting(unit, own);
    if (!found) continue;
    const auto opening = opening_statement(*found->outer.record);
    Group& group = groups[{program_of(*found->outer.who), opening ? opening->fingerprint.value : 0}];
    group.units.insert(unit);
    group.waiting += found->inner.waits ? 1 : 0;
    group.nestings.push_back(std::move(*found));
  }
  for (auto& [key, group] : groups) {
    base::stable_sort(group.nestings, {}, [](const Nesting& one) {
      return std::tuple(!(one.inner.waits && one.inner.open != nullptr), one.outer.open == nullptr, one.outer.from);
    });
  }
  return groups;
}

std::string doing(const Stay& inner) {
  if (inner.waits) return inner.open != nullptr ? "waits for a second connection" : "waited for a second one in vain";
  return inner.record != nullptr ? "opened a second transaction" : "ran a statement on a second connection";
}

model::Finding nested_connection_finding(const Look& look, const Clients& clients, const Key& key, const Group& group) {
  const auto& recording = *look.recording;
  const Nesting& shown = group.nestings.front();
  std::vector<std::string> lines;
  std::vector<const model::RecordedClient*> waiting;
  for (const Nesting& one : group.nestings) {
    if (lines.size() < 10)
      lines.push_back(fmt::format("unit {}: client {} had a transaction open, client {} {} {} later", one.unit,
                                  one.outer.who->id, one.inner.who->id, doing(one.inner),
                                  model::to_human(one.inner.from - one.outer.from)));
    if (one.inner.waits && one.inner.open != nullptr && one.outer.open != nullptr) waiting.push_back(one.outer.open);
  }
  model::Finding finding;
  finding.rule = model::RuleId("nested-connection");
  finding.id = model::make_finding_id(finding.rule, identity_of(recording, key.first, std::to_string(key.second)));
  finding.severity = group.waiting > 0 ? model::Severity::warning : model::Severity::notice;
  finding.count = static_cast<std::int64_t>(group.units.size());
  finding.title = fmt::format("{}{} of {} took a second connection inside a transaction{}", at_least(recording),
                              counted(finding.count, "unit of work", "units of work"), owner(key.first),
                              group.waiting > 0 ? fmt::format("; {} waited for it", group.waiting) : "");
  finding.evidence.items = {{"units", lines},
                            {"waited", group.waiting},
                            {"unit_of_work", shown.unit},
                            {"outer_client", named(*shown.outer.who)},
                            {"inner_client", named(*shown.inner.who)}};
  add_story(finding.evidence, *shown.outer.record, shown.outer.to);
  finding.explanation =
      "One unit of work holds a connection in a transaction and asks the same pool for another. Such units, as many at "
      "once as the pool has connections, wait for one another for ever.";
  finding.likely_mistake =
      "An inner function asks the pool for a connection (a transaction of its own, REQUIRES_NEW, a key generator, a "
      "lookup) instead of using the one that its caller has.";
  finding.fix =
      "Pass the transaction's connection on; do what must commit by itself before BEGIN or after COMMIT. Where two "
      "connections are needed, the pool needs more than one for each unit that runs at once, and one over.";
  add_facts_lost(finding, recording);
  for (const auto* holder : waiting) {
    if (const auto* session = clients.session_of(*holder)) finding.subjects.push_back(*session);
  }
  return finding;
}

}  // namespace

std::vector<model::Finding> nested_connection(const Look& look, const Limits&) {
  if (look.recording == nullptr) return {};
  const Clients clients(look);
  std::vector<model::Finding> findings;
  for (const auto& [key, group] : gather(*look.recording))
    findings.push_back(nested_connection_finding(look, clients, key, group));
  return findings;
}

}  // namespace lockkeeper::rules
