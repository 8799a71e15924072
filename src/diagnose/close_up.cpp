#include "diagnose/close_up.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/stable_sort.hpp"
#include "rules/blocking.hpp"
#include "rules/recorded.hpp"
#include "rules/story.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::diagnose {
namespace {

using model::Duration;
using model::WallTime;

std::string since(const std::optional<WallTime>& time, WallTime now) {
  return time ? fmt::format(" for {}", model::to_human(now - *time)) : std::string();
}

std::string words_of(const model::Holder& holder) {
  const auto* session = std::get_if<model::SessionId>(&holder);
  return session != nullptr ? std::to_string(session->pid)
                            : fmt::format("prepared transaction {}", std::get<std::string>(holder));
}

std::vector<std::string> waits_of(const rules::Blocking& blocking, const model::SessionId& id, WallTime now) {
  std::vector<std::string> result;
  for (const model::Wait* wait : blocking.waits_of(id)) {
    std::string text = fmt::format("{} on {}{}", wait->mode, wait->target, since(wait->since, now));
    for (const model::Holder& holder : wait->blocked_by) text += fmt::format(", held by {}", words_of(holder));
    if (wait->behind) text += fmt::format(", in the queue behind {}", wait->behind->pid);
    result.push_back(std::move(text));
  }
  return result;
}

void add_identity(const model::Session& session, WallTime now, model::Evidence& evidence) {
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) evidence.items.push_back({name, text});
  };
  add("session", to_string(session.id));
  add("of", rules::owner(session) + (session.superuser ? ", a superuser" : "") +
                (session.client.empty() ? "" : ", from " + session.client));
  add("state", std::string(to_string(session.state)) + since(session.state_changed_at, now));
  if (session.transaction) {
    const model::Transaction& open = *session.transaction;
    add("transaction",
        fmt::format("open{}, {}{}", since(open.started_at, now), open.wrote ? "it wrote" : "it wrote nothing",
                    open.rolling_back ? ", rolling back" : ""));
  }
  add("wait_event", session.wait_event);
}

// The only one that PostgreSQL keeps; MySQL keeps more of a transaction, but not of one that runs something now.
void add_last_statement(const model::Session& session, WallTime now, model::Evidence& evidence) {
  if (!session.statement) return;
  model::StatementLine line;
  line.text = session.statement->text;
  line.started_at = session.statement_started_at;
  line.running = session.state == model::SessionState::active;
  const auto end = line.running ? std::optional(now) : session.state_changed_at;
  if (line.started_at && end) line.busy = std::max(*end - *line.started_at, Duration::zero());
  evidence.statements.push_back(std::move(line));
}

constexpr const char* recorder_would =
    "`lockkeeper run` in front of the server keeps every statement of open transactions.";

std::string why_not_all(const model::Session& session, model::Engine engine) {
  if (session.state == model::SessionState::hidden) return "Our role may not see what it runs.";
  if (!session.transaction && !session.statement) return "It has no transaction open.";
  if (engine == model::Engine::postgres)
    return fmt::format("PostgreSQL keeps only a session's last statement. {}", recorder_would);
  if (session.transaction && session.transaction->history)
    return session.transaction->history->lost_at_most > 0
               ? fmt::format("The server keeps the last few alone. {}", recorder_would)
               : "";
  return session.state == model::SessionState::active
             ? fmt::format("While it runs something, the server tells of that alone. {}", recorder_would)
             : fmt::format(
                   "The server keeps no history of statements (performance_schema, events_statements_history). {}",
                   recorder_would);
}

void add_statements(const View& view, const model::RecordedClient* client, CloseUp& result) {
  const model::Snapshot& seen = *view.observed.judged;
  if (client != nullptr && client->transaction) {
    rules::add_client(result.evidence, *client, view.observed.recording->taken_at);
    return;
  }
  rules::add_history(result.session, result.evidence);
  if (result.evidence.statements.empty()) add_last_statement(result.session, seen.taken_at, result.evidence);
  result.caveat = why_not_all(result.session, seen.server.engine());
}

}  // namespace

std::vector<std::vector<model::WaitTreeLine>> wait_trees(const View& view, std::size_t most) {
  std::vector<std::vector<model::WaitTreeLine>> trees;
  if (view.observed.judged == nullptr) return trees;
  const rules::Blocking blocking(*view.observed.judged);
  for (const auto& ring : view.rings) trees.push_back(blocking.tree(ring.front(), most));
  std::vector<const RootView*> roots;
  for (const RootView& root : view.roots) roots.push_back(&root);
  base::stable_sort(roots, std::ranges::greater{}, [](const RootView* root) { return root->behind.size(); });
  for (const RootView* root : roots) trees.push_back(blocking.tree(root->holder, most));
  return trees;
}

std::optional<CloseUp> close_up(const View& view, const model::SessionId& id) {
  const model::Snapshot* seen = view.observed.judged.get();
  const model::Session* session = seen == nullptr ? nullptr : seen->find(id);
  if (session == nullptr) return std::nullopt;
  CloseUp result{*session, {}, ""};
  model::Evidence& evidence = result.evidence;
  add_identity(*session, seen->taken_at, evidence);
  rules::add_innodb_counts(*session, evidence);
  const rules::Blocking blocking(*seen);
  evidence.items.push_back({"holds", rules::held_locks(session->locks)});
  evidence.items.push_back({"waits_for", waits_of(blocking, id, seen->taken_at)});
  const auto behind = blocking.behind(id);
  evidence.items.push_back({"blocks", static_cast<std::int64_t>(behind.size())});
  if (!behind.empty()) evidence.wait_tree = blocking.tree(id);
  const rules::Clients clients(*seen, view.observed.recording.get());
  add_statements(view, clients.of(id), result);
  return result;
}

}  // namespace lockkeeper::diagnose
