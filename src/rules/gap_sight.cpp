#include "rules/gap_sight.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace lockkeeper::rules {
namespace {

model::ShapeKey key_of(const model::ClientIdentity& who, const model::StatementPtr& after, std::uint64_t sequence) {
  return {who.application, who.user, who.database, after ? after->fingerprint.value : 0, sequence};
}

// A record may lose what is in its middle; so a sequence is that of the folds it always keeps, and then stands still.
std::uint64_t sequence_of(const model::TransactionRecord& record) {
  std::uint64_t sequence = 0;
  for (const auto& fold : record.first()) sequence = model::extended(sequence, fold.first.statement->fingerprint.value);
  return sequence;
}

bool ends_transaction(const model::FoldedRun& fold) {
  const auto kind = fold.last.statement->kind;
  return kind == sql::StatementKind::commit || kind == sql::StatementKind::rollback;
}

const model::FoldedRun* newest(const model::TransactionRecord& record) {
  if (!record.last().empty()) return &record.last().back();
  return record.first().empty() ? nullptr : &record.first().back();
}

// Units of work of which some part waits, for a lock or in a pool's queue: their other parts cannot come back.
std::set<std::string> waiting_units(const model::Snapshot& seen, const model::Recording& recording,
                                    const Clients& clients) {
  std::set<std::string> units;
  const auto note = [&](const model::RecordedClient* client) {
    if (client != nullptr && !client->unit.value().empty()) units.insert(client->unit.value());
  };
  for (const auto& client : recording.clients) {
    if (client.state == model::ClientState::waiting) note(&client);
  }
  for (const auto& wait : seen.waits) note(clients.of(wait.waiter));
  return units;
}

void add_recorded(std::vector<SightedGap>& gaps, const model::Snapshot& seen, const model::Recording& recording,
                  const Clients& clients) {
  const auto units = waiting_units(seen, recording, clients);
  for (const auto& client : recording.clients) {
    if (client.state != model::ClientState::idle_in_transaction || !client.transaction || !client.server) continue;
    const auto& record = *client.transaction;
    const auto& who = identity(client.who);
    const auto* session = clients.session_of(client);
    SightedGap gap;
    gap.holder = {true, static_cast<std::int64_t>(who.id), recording.started_at};
    gap.key = shape_of(who, record);
    if (const auto* last = newest(record)) gap.text = last->last.statement->text;
    gap.session = session != nullptr ? session->id : client.server->session;
    gap.transaction = record.id().started_at;
    gap.since = record.last_end();
    gap.age = std::max(recording.taken_at - gap.since, model::Duration::zero());
    gap.tainted = units.contains(client.unit.value());
    gaps.push_back(std::move(gap));
  }
}

// Sessions of the recorder's own, also those whose client has gone on meanwhile: it tells of them, not the view.
std::set<std::pair<std::int64_t, std::string>> sockets_of(const model::Recording* recording) {
  std::set<std::pair<std::int64_t, std::string>> sockets;
  if (recording == nullptr) return sockets;
  for (const auto& client : recording->clients) {
    if (client.server) sockets.emplace(client.server->session.pid, client.server->local_endpoint);
  }
  return sockets;
}

}  // namespace

model::ShapeKey shape_of(const model::ClientIdentity& who, const model::TransactionRecord& record) {
  const auto* last = newest(record);
  return key_of(who, last != nullptr ? last->last.statement : nullptr, sequence_of(record));
}

std::vector<SightedGap> open_gaps(const model::Snapshot& seen, const model::Recording* recording,
                                  const Clients& clients) {
  std::vector<SightedGap> gaps;
  if (recording != nullptr) add_recorded(gaps, seen, *recording, clients);
  const auto sockets = sockets_of(recording);
  std::set<model::SessionId> waiters;
  for (const auto& wait : seen.waits) waiters.insert(wait.waiter);
  for (const auto& session : seen.sessions) {
    if (session.kind != model::SessionKind::client || session.state != model::SessionState::idle_in_transaction ||
        !session.state_changed_at || clients.of(session.id) != nullptr ||
        sockets.contains({session.id.pid, session.client}))
      continue;
    SightedGap gap;
    gap.holder = {false, session.id.pid, session.id.started_at};
    gap.key = {session.application, session.user, session.database,
               session.statement ? session.statement->fingerprint.value : 0, 0};
    if (session.statement) gap.text = session.statement->text;
    gap.session = session.id;
    if (session.transaction) gap.transaction = session.transaction->started_at;
    gap.since = *session.state_changed_at;
    gap.age = std::max(seen.taken_at - gap.since, model::Duration::zero());
    gap.tainted = waiters.contains(session.id);
    gaps.push_back(std::move(gap));
  }
  return gaps;
}

std::vector<PastGap> gaps_of(const model::TransactionRecord& record) {
  std::vector<PastGap> gaps;
  const model::FoldedRun* before = nullptr;
  std::uint64_t sequence = 0;
  const auto take = [&](const model::FoldedRun& fold, bool kept_whole) {
    if (before != nullptr && before->last.error.empty()) {
      const auto begun = fold.first.started_at;
      gaps.push_back({sequence, before->last.statement, begun - fold.gap_before, begun, fold.gap_before});
    }
    if (kept_whole) sequence = model::extended(sequence, fold.first.statement->fingerprint.value);
    before = &fold;
    if (fold.count < 2 || !fold.last.error.empty()) return;
    gaps.push_back(
        {sequence, fold.last.statement, fold.first.started_at, fold.last.started_at, fold.longest_gap, true});
  };
  for (const auto& fold : record.first()) take(fold, true);
  if (record.dropped() > 0) before = nullptr;
  for (const auto& fold : record.last()) take(fold, false);
  return gaps;
}

std::optional<PastGap> last_gap_of(const model::TransactionOver& over) {
  const auto* last = over.record ? newest(*over.record) : nullptr;
  if (last == nullptr || ends_transaction(*last) || !last->last.error.empty()) return std::nullopt;
  PastGap gap{sequence_of(*over.record), last->last.statement, over.record->last_end(), over.ended_at};
  gap.length = std::max(gap.until - gap.since, model::Duration::zero());
  // When a connection died before it answered a COMMIT, how long its client had been silent before is not known.
  gap.censored = over.end == model::TransactionEnd::terminated || over.end == model::TransactionEnd::unknown;
  return gap;
}

}  // namespace lockkeeper::rules
