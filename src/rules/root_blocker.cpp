// root-blocker: who holds everybody up. One finding a root, and one for a ring that waits for itself.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "rules/catalogue.hpp"
#include "rules/engine_words.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

struct Root {
  model::Holder holder;
  const model::Session* session = nullptr;  // nullptr: a prepared transaction, or one that was gone when we looked
  bool prepared = false;
  std::vector<model::SessionId> behind;
  std::vector<model::SessionId> freed;
  model::Duration longest_wait{};
  bool upper_bound = false;                       // the longest wait may be shorter
  const model::RecordedClient* client = nullptr;  // behind the session, where a recorder knows it
  std::int64_t alike_behind = 0;                  // of those behind it, whose transactions began as its own did
};

// What the root is doing decides whether the wait will end by itself.
bool asleep(const Root& root) {
  if (root.session == nullptr) return root.prepared;
  return root.session->idle_in_transaction() || root.session->state == model::SessionState::idle;
}

bool unseen(const Root& root) {
  return !root.prepared && (root.session == nullptr || root.session->state == model::SessionState::hidden);
}

model::Severity severity(const Root& root, const Limits& limits) {
  const bool hopeless = asleep(root) && root.longest_wait >= limits.critical_wait && !root.upper_bound;
  const bool many = static_cast<std::int64_t>(root.behind.size()) >= limits.critical_waiters;
  return hopeless || many ? model::Severity::critical : model::Severity::warning;
}

std::string doing(const Root& root, const model::Snapshot& snapshot) {
  if (root.prepared) return std::string(words_of(snapshot.server.engine()).unfinished_prepared);
  if (root.session == nullptr) return "was not among the sessions any more when they were listed";
  const std::string duration = model::to_human(in_state(*root.session, snapshot));
  switch (root.session->state) {
    case model::SessionState::idle_in_transaction:
      return fmt::format("has a transaction open and has run nothing for {}", duration);
    case model::SessionState::aborted_in_transaction:
      return fmt::format("failed, has not rolled back, and has run nothing for {}; it still holds what it locked {}",
                         duration, holds_transaction_locks(*root.session) ? "before a savepoint" : "for its session");
    case model::SessionState::idle:
      return fmt::format("has no transaction open and has been idle for {}: what it holds is a session-level lock",
                         duration);
    case model::SessionState::active: return fmt::format("has been running its statement for {}", duration);
    case model::SessionState::hidden: return "is doing something that our role may not see";
    case model::SessionState::other: return "is neither active nor idle";
  }
  return "";
}

std::string name(const Root& root, model::Engine engine) {
  if (const auto* gid = std::get_if<std::string>(&root.holder))
    return fmt::format("prepared transaction {}", prepared_name(engine, *gid));
  const auto pid = std::get<model::SessionId>(root.holder).pid;
  return root.session == nullptr ? fmt::format("session {}", pid)
                                 : fmt::format("session {} of {}", pid, owner(*root.session));
}

void add_session_evidence(const Root& root, const model::Snapshot& snapshot, model::Evidence& evidence) {
  if (root.session == nullptr) return;
  auto& items = evidence.items;
  const model::Session& session = *root.session;
  items.push_back({"state", std::string(to_string(session.state))});
  if (session.state_changed_at) items.push_back({"in_state", in_state(session, snapshot)});
  if (session.statement)
    items.push_back(
        {session.state == model::SessionState::active ? "statement" : "last_statement", session.statement->text});
  if (session.transaction) {
    items.push_back({"oldest_transaction", open_for(session, snapshot)});
    items.push_back({"wrote", session.transaction->wrote});
    add_innodb_counts(session, evidence);
  }
  if (session.state == model::SessionState::active && !session.wait_event.empty())
    items.push_back({"wait_event", session.wait_event});
  items.push_back({"locks", held_locks(std::span(session.locks))});
}

// Whether two transactions began with the same statements: whoever is let in next may well do the same.
bool began_alike(const model::TransactionRecord& one, const model::TransactionRecord& other) {
  constexpr std::size_t most = 3;  // more, and a loop that has turned once more makes them differ
  const auto count = std::min({most, one.first().size(), other.first().size()});
  if (count == 0) return false;
  return std::equal(one.first().begin(), one.first().begin() + static_cast<std::ptrdiff_t>(count),
                    other.first().begin(), [](const model::FoldedRun& left, const model::FoldedRun& right) {
                      return left.first.statement->fingerprint == right.first.statement->fingerprint;
                    });
}

// Who waits in its first statement has no transaction to show before that is answered, where no BEGIN came first
// (autocommit off): then that statement is its beginning.
bool begins_alike(const model::TransactionRecord& root, const model::RecordedClient& waiter) {
  if (waiter.transaction)
    return opening_statement(*waiter.transaction) != nullptr && began_alike(root, *waiter.transaction);
  const bool running = waiter.state == model::ClientState::active && waiter.statement;
  return running && !root.first().empty() &&
         root.first().front().first.statement->fingerprint == waiter.statement->fingerprint;
}

void find_clients(const Look& look, const Clients& clients, Root& root) {
  root.client = root.session == nullptr ? nullptr : clients.of(root.session->id);
  if (root.client == nullptr || !root.client->transaction) return;
  if (opening_statement(*root.client->transaction) == nullptr) return;
  for (const auto& id : look.blocking.behind(root.holder)) {
    const auto* waiter = clients.of(id);
    if (waiter != nullptr && begins_alike(*root.client->transaction, *waiter)) ++root.alike_behind;
  }
}

model::Evidence evidence(const Look& look, const Root& root) {
  model::Evidence evidence;
  add_session_evidence(root, look.snapshot, evidence);
  if (const auto* gid = std::get_if<std::string>(&root.holder))
    evidence.items.push_back({"prepared_transaction", *gid});
  evidence.items.push_back({"waiting", static_cast<std::int64_t>(root.behind.size())});
  evidence.items.push_back({"longest_wait", root.longest_wait});
  evidence.items.push_back({"released", pids(root.freed)});
  if (root.client != nullptr) add_client(evidence, *root.client, look.recording->taken_at);
  if (root.session != nullptr) add_history(*root.session, evidence);
  if (root.alike_behind > 0) evidence.items.push_back({"behind_alike", root.alike_behind});
  evidence.wait_tree = look.blocking.tree(root.holder);
  return evidence;
}

std::string mistake(const Root& root, const EngineWords& words) {
  if (unseen(root)) return "Not known: nothing of what it does could be seen.";
  if (root.prepared)
    return "A transaction manager prepared it and never came back to finish it: it crashed, or lost its log.";
  if (root.session->kind == model::SessionKind::autovacuum)
    return "None in a program. Autovacuum gives way to others, unless it has to prevent wraparound.";
  if (root.session->kind == model::SessionKind::background)
    return "None in a program. On a replica, replaying a change of the primary (DDL, vacuum) can hold readers up.";
  switch (root.session->state) {
    case model::SessionState::aborted_in_transaction:
      return "The error of a statement was caught and swallowed, and the code went on (or returned) without a "
             "rollback.";
    case model::SessionState::active:
      return "The statement touches more rows, or holds a stronger lock, than the traffic beside it can stand.";
    case model::SessionState::idle: return std::string(words.session_lock_mistake);
    default: return likely_mistake_after(*root.session);
  }
}

std::string cure(const Root& root, const model::Snapshot& snapshot) {
  const EngineWords& words = words_of(snapshot.server.engine());
  if (unseen(root)) return fmt::format("See what it does, then look again: {}", grant_to_see(snapshot));
  if (root.prepared) return std::string(words.finish_prepared);
  if (root.session->kind == model::SessionKind::background)
    return "Let it finish; on a replica, max_standby_streaming_delay decides how long readers may hold up the replay.";
  if (root.session->kind == model::SessionKind::autovacuum)
    return "Let it finish; vacuum this table by hand, at a quiet time, before autovacuum is forced to.";
  switch (root.session->state) {
    case model::SessionState::aborted_in_transaction:
      return "Roll back wherever a statement's error is handled; end the transaction on every path.";
    case model::SessionState::active:
      return fmt::format("Run it in batches or at a quieter time; {}", words.give_up_soon);
    case model::SessionState::idle: return std::string(words.session_lock_fix);
    default:
      return "Keep everything that is not SQL out of the transaction: remote calls, sleeps and paging before BEGIN or "
             "after COMMIT.";
  }
}

std::vector<model::Remedy> remedies(const Root& root, const model::Snapshot& snapshot) {
  const auto count = static_cast<std::int64_t>(root.freed.size());
  const std::string freed = count == 0 ? "nobody can go on by this alone, since they wait for others too"
                                       : counted(count, "waiting session") + " can go on";
  if (const auto* gid = std::get_if<std::string>(&root.holder)) {
    return {{model::Action::sql, roll_back_prepared(snapshot, *gid),
             fmt::format("{}; what the transaction wrote is lost, and whoever prepared it may believe it committed",
                         freed)}};
  }
  if (root.session == nullptr || root.session->kind != model::SessionKind::client ||
      root.session->state == model::SessionState::hidden)
    return {};
  std::vector<model::Remedy> result;
  if (root.session->state == model::SessionState::active) {
    result.push_back(
        {model::Action::cancel, "",
         fmt::format(
             "{}: its statement fails, and its transaction's locks go with it, unless it runs inside a savepoint",
             freed)});
  }
  const bool wrote = root.session->transaction && root.session->transaction->wrote;
  const auto rows = wrote ? root.session->transaction->rows_modified : std::nullopt;
  const auto predicted = fmt::format("{}; {}", freed, lost_by_ending(1, wrote ? 1 : 0, rows));
  result.push_back({model::Action::terminate, "", predicted});
  if (root.client != nullptr) result.push_back(close_clients({identity(root.client->who).id}, predicted));
  return result;
}

std::string_view prospect(const Root& root) {
  if (root.prepared) return " Until then everybody behind it waits, through restarts of the server too.";
  if (unseen(root)) return " Nobody in the database holds it up.";
  return asleep(root)
             ? " Nobody in the database holds it up: those behind it wait until its client goes on or is ended."
             : " Nobody holds it up: those behind it go on when it is done.";
}

model::Finding root_blocker_finding(const Look& look, const Root& root, const Limits& limits) {
  model::Finding finding;
  const model::Engine engine = look.snapshot.server.engine();
  finding.rule = model::RuleId("root-blocker");
  const auto* gid = std::get_if<std::string>(&root.holder);
  finding.id = model::make_finding_id(
      finding.rule,
      {look.snapshot.server.name, gid != nullptr ? *gid : to_string(std::get<model::SessionId>(root.holder))});
  finding.severity = severity(root, limits);
  finding.count = 1;
  if (root.session != nullptr) finding.subjects.push_back(*root.session);
  const auto behind = static_cast<std::int64_t>(root.behind.size());
  // Without the wait's own start, its statement's is as early as it can have begun.
  finding.confidence = root.upper_bound ? model::Confidence::likely : model::Confidence::certain;
  finding.title =
      fmt::format("{} {} behind {}, the longest for {}{}", counted(behind, "session"), behind == 1 ? "waits" : "wait",
                  name(root, engine), root.upper_bound ? "at most " : "", model::to_human(root.longest_wait));
  finding.evidence = evidence(look, root);
  finding.explanation = fmt::format("{}{} {}.{}", static_cast<char>(std::toupper(name(root, engine).front())),
                                    name(root, engine).substr(1), doing(root, look.snapshot), prospect(root));
  if (root.client != nullptr && root.client->transaction) {
    const Spent time = spent(*root.client, look.recording->taken_at);
    finding.explanation += fmt::format(" Its transaction has run {}: {} in the database, {} outside.",
                                       counted(root.client->transaction->statements(), "statement"),
                                       model::to_human(time.in_database), model::to_human(time.outside));
  }
  if (root.alike_behind > 0)
    finding.explanation += fmt::format(" {} began as this one did: once let in, {} will do the same.",
                                       counted(root.alike_behind, "transaction behind it", "transactions behind it"),
                                       root.alike_behind == 1 ? "it" : "they");
  finding.likely_mistake = mistake(root, words_of(engine));
  finding.fix = cure(root, look.snapshot);
  finding.remedies = remedies(root, look.snapshot);
  finding.only_while_blocking = true;
  return finding;
}

// Servers break rings themselves, PostgreSQL one deadlock_timeout after they close, InnoDB at once where only its own
// locks are in them; one that is seen lasts longer than it should.
std::optional<model::Finding> ring_finding(const Look& look, const std::vector<model::SessionId>& ring,
                                           const Limits& limits) {
  const model::Holder first = ring.front();
  // Each is behind the others, so two of them see every wait of the ring and behind it.
  const model::Duration longest = std::max(look.blocking.longest_wait(first), look.blocking.longest_wait(ring.back()));
  if (longest < limits.min_wait) return std::nullopt;
  model::Finding finding;
  finding.rule = model::RuleId("root-blocker");
  finding.id = model::make_finding_id(finding.rule, {look.snapshot.server.name, "ring", to_string(ring.front())});
  finding.severity = model::Severity::warning;
  finding.count = static_cast<std::int64_t>(ring.size());
  for (const auto& id : ring) {
    if (const auto* session = look.snapshot.find(id)) finding.subjects.push_back(*session);
  }
  const auto waiting = static_cast<std::int64_t>(look.blocking.behind(first).size()) + 1;
  finding.title = fmt::format("{} wait for one another, the longest for {}", counted(finding.count, "session"),
                              model::to_human(longest));
  if (waiting > finding.count)
    finding.title += fmt::format("; {} behind them", counted(waiting - finding.count, "more waits", "more wait"));
  finding.evidence.items = {{"waiting", waiting}, {"longest_wait", longest}, {"ring", pids(ring)}};
  finding.evidence.wait_tree = look.blocking.tree(first);
  const EngineWords& words = words_of(look.snapshot.server.engine());
  finding.explanation = words.ring_explanation;
  finding.likely_mistake = "Two code paths take the same locks in different orders.";
  finding.fix = words.ring_fix;
  finding.only_while_blocking = true;
  return finding;
}

}  // namespace

std::vector<model::Finding> root_blocker(const Look& look, const Limits& limits) {
  const Clients clients(look);
  std::vector<model::Finding> findings;
  for (const auto& ring : look.blocking.rings()) {
    if (auto finding = ring_finding(look, ring, limits)) findings.push_back(std::move(*finding));
  }
  for (const auto& holder : look.blocking.roots()) {
    Root root{holder,
              nullptr,
              std::holds_alternative<std::string>(holder),
              look.blocking.behind(holder),
              {},
              look.blocking.longest_wait(holder),
              look.blocking.longest_wait_is_upper_bound(holder),
              nullptr,
              0};
    if (root.longest_wait < limits.min_wait) continue;
    root.freed = look.blocking.freed_by(std::vector{holder});
    if (const auto* id = std::get_if<model::SessionId>(&holder)) root.session = look.snapshot.find(*id);
    find_clients(look, clients, root);
    findings.push_back(root_blocker_finding(look, root, limits));
  }
  return findings;
}

}  // namespace lockkeeper::rules
