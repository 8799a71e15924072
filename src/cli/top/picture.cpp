#include "cli/top/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "cli/duration.hpp"
#include "diagnose/close_up.hpp"

namespace lockkeeper::cli::top {
namespace {

using model::Duration;
using model::Session;
using model::SessionKind;

// A person scrolls; a queue of thousands is a number.
constexpr std::size_t most_in_a_queue = 200;
// "4711, 4712 and 3 more" would not fit any column.
constexpr std::size_t most_named_holders = 2;

// What several rows are made from.
struct Relations {
  std::map<model::SessionId, std::vector<const model::Wait*>> waits;
  std::map<model::Holder, std::int64_t> directly_behind;
  std::map<model::Holder, const diagnose::RootView*> roots;
  std::map<model::SessionId, const model::Finding*> findings;
};

Relations relations_of(const diagnose::View& view, const model::Snapshot& seen) {
  Relations result;
  for (const model::Wait& wait : seen.waits) {
    result.waits[wait.waiter].push_back(&wait);
    for (const model::Holder& holder : wait.blocked_by) ++result.directly_behind[holder];
    if (wait.behind) ++result.directly_behind[*wait.behind];
  }
  for (const diagnose::RootView& root : view.roots) result.roots.emplace(root.holder, &root);
  for (const model::Finding& finding : view.diagnosis.findings) {
    for (const Session& subject : finding.subjects) {
      const model::Finding*& worst = result.findings[subject.id];
      if (worst == nullptr || worst->severity < finding.severity) worst = &finding;
    }
  }
  return result;
}

std::string holders_of(const std::vector<const model::Wait*>& waits) {
  std::vector<model::Holder> holders;
  for (const model::Wait* wait : waits) {
    holders.insert(holders.end(), wait->blocked_by.begin(), wait->blocked_by.end());
    if (wait->behind) holders.emplace_back(*wait->behind);
  }
  std::string text;
  for (std::size_t index = 0; index < std::min(holders.size(), most_named_holders); ++index)
    text += (index > 0 ? "," : "") + pid_word(holders[index]);
  if (holders.size() > most_named_holders) text += fmt::format("+{}", holders.size() - most_named_holders);
  return text;
}

void add_relations(Row& row, const Relations& relations, model::WallTime now) {
  if (const auto behind = relations.directly_behind.find(row.who); behind != relations.directly_behind.end())
    row.blocks = behind->second;
  if (const auto root = relations.roots.find(row.who); root != relations.roots.end()) {
    row.blocks = static_cast<std::int64_t>(root->second->behind.size());
    row.waited = root->second->longest_wait;
    row.matter = Matter::root;
  }
  if (row.session == nullptr) return;
  if (const auto finding = relations.findings.find(row.session->id); finding != relations.findings.end())
    row.finding = finding->second;
  const auto waits = relations.waits.find(row.session->id);
  if (waits == relations.waits.end()) return;
  row.waits_for = holders_of(waits->second);
  row.matter = Matter::waiting;
  for (const model::Wait* wait : waits->second) {
    if (wait->since) row.waited = std::max(row.waited, now - *wait->since);
  }
}

Matter matter_of(const Session& session) {
  if (session.idle_in_transaction()) return Matter::idle_in_transaction;
  return session.state == model::SessionState::active ? Matter::active : Matter::idle;
}

// The server's own processes only where they are in somebody's way.
bool concerns(const Row& row) {
  return row.session == nullptr || row.session->kind == SessionKind::client || row.blocks > 0 || !row.waits_for.empty();
}

// Longest first, within what matters alike.
auto weight(const Row& row, const model::Snapshot& seen) {
  const Duration age = row.matter == Matter::waiting ? row.waited : state_age(row, seen).value_or(Duration::zero());
  return std::tuple(static_cast<int>(row.matter), row.matter == Matter::root ? -row.blocks : 0, -age, row.who);
}

}  // namespace

const Row* Picture::find(const model::Holder& who) const {
  const auto found = std::ranges::find(rows, who, &Row::who);
  return found == rows.end() ? nullptr : &*found;
}

Picture make_picture(std::shared_ptr<const diagnose::View> view) {
  Picture picture{std::move(view), {}, {}};
  const model::Snapshot* seen = picture.seen();
  if (seen == nullptr) return picture;
  const Relations relations = relations_of(*picture.view, *seen);
  for (const Session& session : seen->sessions) {
    Row row{.who = session.id, .session = &session, .matter = matter_of(session), .waits_for = {}};
    add_relations(row, relations, seen->taken_at);
    if (concerns(row)) picture.rows.push_back(std::move(row));
  }
  for (const auto& [holder, root] : relations.roots) {
    const auto* id = std::get_if<model::SessionId>(&holder);
    if (id != nullptr && seen->find(*id) != nullptr) continue;
    Row row{.who = holder, .waits_for = {}};
    add_relations(row, relations, seen->taken_at);
    picture.rows.push_back(std::move(row));
  }
  std::ranges::sort(picture.rows, {}, [&](const Row& row) { return weight(row, *seen); });
  picture.trees = diagnose::wait_trees(*picture.view, most_in_a_queue);
  return picture;
}

std::optional<Duration> state_age(const Row& row, const model::Snapshot& seen) {
  if (row.session == nullptr || !row.session->state_changed_at) return std::nullopt;
  const auto since = row.session->state == model::SessionState::active && row.session->statement_started_at
                         ? row.session->statement_started_at
                         : row.session->state_changed_at;
  return std::max(seen.taken_at - *since, Duration::zero());
}

std::optional<Duration> transaction_age(const Row& row, const model::Snapshot& seen) {
  if (row.session != nullptr) {
    if (!row.session->transaction) return std::nullopt;
    return std::max(seen.taken_at - row.session->transaction->started_at, Duration::zero());
  }
  for (const model::PreparedTransaction& prepared : seen.prepared) {
    if (row.who == model::Holder(prepared.gid)) return seen.taken_at - prepared.prepared_at;
  }
  return std::nullopt;
}

std::string state_word(const Row& row) {
  if (row.session == nullptr) return std::holds_alternative<std::string>(row.who) ? "prepared" : "unseen";
  if (!row.waits_for.empty()) return "waiting";
  switch (row.session->state) {
    case model::SessionState::idle_in_transaction: return "idle in tx";
    case model::SessionState::aborted_in_transaction: return "aborted tx";
    default: return std::string(to_string(row.session->state));
  }
}

std::string pid_word(const model::Holder& who) {
  const auto* id = std::get_if<model::SessionId>(&who);
  return id != nullptr ? std::to_string(id->pid) : "prepared";
}

std::string short_age(Duration age) {
  using namespace std::chrono;
  if (age <= Duration::zero()) return "0";
  if (age < 1s)
    return write_duration(age >= 10ms ? floor<milliseconds>(age) / 10 * 10 : Duration(floor<milliseconds>(age)));
  if (age < 1h) return write_duration(floor<seconds>(age));
  if (age < 24h) return write_duration(floor<minutes>(age));
  return write_duration(floor<hours>(age));
}

}  // namespace lockkeeper::cli::top
