// unfinished-cursor: a portal or cursor is open, half read, and its client does not come back for the rest. Who still
// fetches is at work: that is long-transaction's.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/stable_sort.hpp"
#include "rules/catalogue.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

struct Cursor {
  const model::RecordedClient* client = nullptr;
  const model::OpenPortal* portal = nullptr;
};

using Key = std::pair<Program, std::uint64_t>;

std::map<Key, std::vector<Cursor>> gather(const model::Recording& recording, const Limits& limits) {
  std::map<Key, std::vector<Cursor>> groups;
  for (const auto& client : recording.clients) {
    if (!client.server || client.portals.empty() || client.state == model::ClientState::active) continue;
    if (recording.taken_at - client.state_since < limits.min_idle) continue;
    const auto oldest = std::ranges::min_element(client.portals, {}, &model::OpenPortal::opened_at);
    const std::uint64_t statement = oldest->statement ? oldest->statement->fingerprint.value : 0;
    groups[{program_of(identity(client.who)), statement}].push_back({&client, &*oldest});
  }
  for (auto& [key, group] : groups)
    base::stable_sort(group, {}, [](const Cursor& cursor) { return cursor.portal->opened_at; });
  return groups;
}

std::vector<std::string> portal_names(const model::RecordedClient& client) {
  std::vector<std::string> names;
  for (const auto& portal : client.portals) names.push_back(portal.name.empty() ? "(unnamed)" : portal.name);
  return names;
}

std::optional<std::int64_t> horizon_age(const Clients& clients, const std::vector<Cursor>& group) {
  std::optional<std::int64_t> oldest;
  for (const Cursor& cursor : group) {
    const auto* session = clients.session_of(*cursor.client);
    if (session != nullptr && session->transaction) oldest = std::max(oldest, session->transaction->horizon_age());
  }
  return oldest;
}

model::Finding unfinished_cursor_finding(const Look& look, const Clients& clients, const Key& key,
                                         const std::vector<Cursor>& group) {
  const auto& recording = *look.recording;
  const Cursor& oldest = group.front();
  const auto count = static_cast<std::int64_t>(group.size());
  std::vector<const model::RecordedClient*> holders;
  std::int64_t wrote = 0;
  for (const Cursor& cursor : group) {
    holders.push_back(cursor.client);
    wrote += cursor.client->transaction && cursor.client->transaction->rows_written() > 0 ? 1 : 0;
  }
  const bool in_transaction = oldest.client->transaction.has_value();
  model::Finding finding;
  finding.rule = model::RuleId("unfinished-cursor");
  finding.id = model::make_finding_id(finding.rule, identity_of(recording, key.first, std::to_string(key.second)));
  finding.severity = model::Severity::warning;
  finding.count = count;
  finding.title = fmt::format("{} of {} {} a result half read{} {}", counted(count, "client"), owner(key.first),
                              count == 1 ? "has left" : "have left", count == 1 ? " for" : ", the oldest for",
                              model::to_human(recording.taken_at - oldest.client->state_since));
  auto& items = finding.evidence.items;
  if (oldest.portal->statement) items.push_back({"statement", oldest.portal->statement->text});
  items.push_back({"portals", portal_names(*oldest.client)});
  items.push_back({"opened", recording.taken_at - oldest.portal->opened_at});
  items.push_back({"silent", recording.taken_at - oldest.client->state_since});
  items.push_back({"rows_fetched", oldest.portal->rows});
  if (!oldest.client->pins.empty()) items.push_back({"pins", oldest.client->pins});
  if (const auto horizon = horizon_age(clients, group)) items.push_back({"horizon_age", *horizon});
  add_client(finding.evidence, *oldest.client, recording.taken_at);
  finding.explanation = in_transaction
                            ? "A result is fetched in parts, and nobody fetches the next one. Until it is closed the "
                              "transaction stays open, with its connection, its locks and its snapshot."
                            : "A result is fetched in parts, and nobody fetches the next one. Until it is closed the "
                              "server connection stays with this client.";
  finding.likely_mistake =
      "The code stopped in the middle of a result: it returned or threw inside the loop over the rows, or handed out "
      "an "
      "iterator that nobody closed.";
  finding.fix =
      "Close results on every path (try-with-resources, with, RAII); read small results whole; page long ones by key.";
  add_holders(finding, look, clients, holders,
              fmt::format("{} freed; {}", counted(count, "connection"), lost_by_ending(count, wrote)));
  return finding;
}

}  // namespace

std::vector<model::Finding> unfinished_cursor(const Look& look, const Limits& limits) {
  if (look.recording == nullptr) return {};
  const Clients clients(look);
  std::vector<model::Finding> findings;
  for (const auto& [key, group] : gather(*look.recording, limits))
    findings.push_back(unfinished_cursor_finding(look, clients, key, group));
  return findings;
}

}  // namespace lockkeeper::rules
