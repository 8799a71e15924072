// abandoned-at-disconnect: clients leave with transactions open. If they leave together, and again, something restarts
// the program, and each restart hides its leak.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/stable_sort.hpp"
#include "rules/catalogue.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

struct Departure {
  const model::TransactionOver* over = nullptr;
  std::uint64_t client = 0;

  [[nodiscard]] model::Duration silence() const {
    return over->record ? std::max(over->ended_at - over->record->last_end(), model::Duration::zero())
                        : model::Duration::zero();
  }
};

// Several clients that left within a moment.
struct Restart {
  model::WallTime at;  // when the last of them left
  std::int64_t clients = 0;
};

std::map<Program, std::vector<Departure>> gather(const model::Recording& recording) {
  std::map<Program, std::vector<Departure>> groups;
  for (const auto& fact : recording.facts) {
    const auto* over = std::get_if<model::TransactionOver>(&fact.what);
    if (over == nullptr || over->end != model::TransactionEnd::abandoned) continue;
    const auto& who = identity(over->client);
    groups[program_of(who)].push_back({over, who.id});
  }
  for (auto& [program, departures] : groups) {
    base::stable_sort(departures, {}, [](const Departure& departure) { return departure.over->ended_at; });
  }
  return groups;
}

std::vector<Restart> restarts(const std::vector<Departure>& departures, const Limits& limits) {
  std::vector<Restart> result;
  std::set<std::uint64_t> together;
  const auto close_at = [&](model::WallTime at) {
    if (together.size() > 1) result.push_back({at, static_cast<std::int64_t>(together.size())});
    together.clear();
  };
  for (std::size_t index = 0; index < departures.size(); ++index) {
    const auto at = departures[index].over->ended_at;
    if (index > 0 && at - departures[index - 1].over->ended_at > limits.together)
      close_at(departures[index - 1].over->ended_at);
    together.insert(departures[index].client);
  }
  if (!departures.empty()) close_at(departures.back().over->ended_at);
  return result;
}

// How fast the leak fills up again: what the last restart found, over the time since the one before.
std::optional<double> refill(const std::vector<Restart>& restarts) {
  if (restarts.size() < 2) return std::nullopt;
  const Restart& last = restarts.back();
  const std::chrono::duration<double, std::ratio<60>> minutes = last.at - restarts[restarts.size() - 2].at;
  return minutes.count() > 0 ? std::optional(static_cast<double>(last.clients) / minutes.count()) : std::nullopt;
}

const Departure& longest_silent(const std::vector<Departure>& departures) {
  return *std::ranges::max_element(departures, {}, &Departure::silence);
}

std::string explain(const std::vector<Restart>& restarts, std::optional<double> per_minute) {
  std::string text =
      "Their clients had fallen silent inside these transactions and then closed the connection; the recorder rolled "
      "them back.";
  if (restarts.size() == 1)
    text += fmt::format(" {} of them left together: the program ended, or was restarted.", restarts.front().clients);
  if (restarts.size() > 1) {
    text += fmt::format(
        " They leave together, and did so {} times: something restarts the program, and each restart frees the "
        "connections that it had leaked. Nobody notices but by slowness.",
        restarts.size());
  }
  if (per_minute)
    text += fmt::format(" Since the restart before, the leak had filled up by {:.1f} a minute.", *per_minute);
  return text;
}

model::Finding abandoned_at_disconnect_finding(const model::Recording& recording, const Program& program,
                                               const std::vector<Departure>& departures, const Limits& limits) {
  const auto together = restarts(departures, limits);
  const auto per_minute = refill(together);
  const Departure& shown = longest_silent(departures);
  std::set<std::uint64_t> clients;
  for (const Departure& departure : departures) clients.insert(departure.client);
  model::Finding finding;
  finding.rule = model::RuleId("abandoned-at-disconnect");
  finding.id = model::make_finding_id(finding.rule, identity_of(recording, program));
  finding.severity = model::Severity::warning;
  finding.count = static_cast<std::int64_t>(departures.size());
  finding.title =
      fmt::format("{}{} of {} {} left open by clients that went away{}", at_least(recording),
                  counted(finding.count, "transaction"), owner(program), finding.count == 1 ? "was" : "were",
                  together.size() > 1 ? fmt::format(", {} times together", together.size()) : "");
  auto& items = finding.evidence.items;
  items = {{"clients", static_cast<std::int64_t>(clients.size())},
           {"first_at", departures.front().over->ended_at},
           {"last_at", departures.back().over->ended_at},
           {"longest_silence", shown.silence()},
           {"times_together", static_cast<std::int64_t>(together.size())}};
  if (!together.empty()) items.push_back({"left_together_last", together.back().clients});
  if (per_minute) items.push_back({"refill_per_minute", *per_minute});
  items.push_back({"client", named(identity(shown.over->client))});
  if (shown.over->record) add_story(finding.evidence, *shown.over->record, shown.over->ended_at);
  finding.explanation = explain(together, per_minute);
  finding.likely_mistake =
      "A path between BEGIN and COMMIT returns early or throws and ends nothing; the transaction stays open until the "
      "process goes.";
  finding.fix =
      "End the transaction on every path, in one block. If a process manager restarts the workers when their pool runs "
      "dry, look at what it restarts them for.";
  add_facts_lost(finding, recording);
  return finding;
}

}  // namespace

std::vector<model::Finding> abandoned_at_disconnect(const Look& look, const Limits& limits) {
  if (look.recording == nullptr) return {};
  std::vector<model::Finding> findings;
  for (const auto& [program, departures] : gather(*look.recording)) {
    // Who was at work a moment before was stopped in the middle: that can happen to any program, now and then.
    const bool forgotten = longest_silent(departures).silence() >= limits.min_abandoned_silence;
    if (forgotten || restarts(departures, limits).size() > 1)
      findings.push_back(abandoned_at_disconnect_finding(*look.recording, program, departures, limits));
  }
  return findings;
}

}  // namespace lockkeeper::rules
