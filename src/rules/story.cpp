#include "rules/story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

// A finding is read by a person: so many are named, `Remedy::clients` has all.
constexpr std::size_t most_named = 10;

model::StatementLine line_of(const model::FoldedRun& fold) {
  model::StatementLine line;
  if (fold.first.statement) line.text = fold.first.statement->text;
  line.count = fold.count;
  line.same_parameters = fold.count > 1 && fold.same_parameters;
  line.rows = fold.rows;
  line.started_at = fold.first.started_at;
  line.busy = fold.busy;
  line.gap_before = fold.gap_before;
  line.longest_gap = fold.longest_gap;
  line.error = fold.last.error;
  return line;
}

}  // namespace

Program program_of(const model::ClientIdentity& who) { return {who.application, who.user, who.database}; }

std::string owner(const Program& program) {
  model::Session session;
  session.application = program.application;
  session.user = program.user;
  session.database = program.database;
  return owner(session);
}

std::string named(const model::ClientIdentity& who) {
  return fmt::format("client {} of {}{}", who.id, owner(program_of(who)),
                     who.address.empty() ? "" : " at " + who.address);
}

std::vector<std::string> identity_of(const model::Recording& recording, const Program& program,
                                     const std::string& what) {
  return {recording.server, program.application, program.user, program.database, what};
}

std::vector<model::StatementLine> statement_lines(const model::TransactionRecord& record) {
  std::vector<model::StatementLine> lines;
  for (const auto& fold : record.first()) lines.push_back(line_of(fold));
  if (record.dropped() > 0) {
    auto& gap = lines.emplace_back();
    gap.count = 0;
    gap.dropped = record.dropped();
  }
  for (const auto& fold : record.last()) lines.push_back(line_of(fold));
  return lines;
}

namespace {

void add_story(model::Evidence& evidence, const model::TransactionRecord& record, const Spent& spent) {
  evidence.items.push_back({"statements_run", record.statements()});
  if (record.dropped() > 0) evidence.items.push_back({"statements_dropped", record.dropped()});
  evidence.items.push_back({"in_database", spent.in_database});
  evidence.items.push_back({"outside_database", spent.outside});
  evidence.statements = statement_lines(record);
}

// When the statement began that the client runs now in its transaction; nullopt: none does.
std::optional<model::WallTime> running_since(const model::RecordedClient& client) {
  if (client.state != model::ClientState::active || !client.transaction || !client.statement) return std::nullopt;
  return client.statement_started_at;
}

}  // namespace

void add_story(model::Evidence& evidence, const model::TransactionRecord& record, model::WallTime until) {
  add_story(evidence, record, Spent{record.busy(), record.idle(until)});
}

Spent spent(const model::RecordedClient& client, model::WallTime now) {
  if (!client.transaction) return {};
  const auto& record = *client.transaction;
  const auto since = running_since(client);
  if (!since) return {record.busy(), record.idle(now)};
  return {record.busy() + std::max(now - *since, model::Duration::zero()), record.idle(*since)};
}

void add_client(model::Evidence& evidence, const model::RecordedClient& client, model::WallTime now) {
  evidence.items.push_back({"client", named(identity(client.who))});
  if (!client.unit.value().empty()) evidence.items.push_back({"unit_of_work", client.unit.value()});
  if (!client.transaction) return;
  add_story(evidence, *client.transaction, spent(client, now));
  const auto since = running_since(client);
  if (!since) return;
  auto& line = evidence.statements.emplace_back();
  line.text = client.statement->text;
  line.started_at = since;
  line.busy = std::max(now - *since, model::Duration::zero());
  line.gap_before = std::max(*since - client.transaction->last_end(), model::Duration::zero());
  line.running = true;
}

model::StatementPtr opening_statement(const model::TransactionRecord& record) {
  for (const auto& fold : record.first()) {
    if (fold.first.statement && fold.first.statement->kind != sql::StatementKind::begin) return fold.first.statement;
  }
  return nullptr;
}

model::Remedy close_clients(std::vector<std::uint64_t> clients, std::string predicted) {
  model::Remedy remedy;
  remedy.action = model::Action::close_client;
  for (std::size_t index = 0; index < std::min(clients.size(), most_named); ++index)
    remedy.statement += fmt::format("{}KILL_CLIENT {};", index > 0 ? " " : "", clients[index]);
  if (clients.size() > most_named)
    remedy.statement += fmt::format(" -- and {} more clients", clients.size() - most_named);
  remedy.predicted = std::move(predicted);
  remedy.clients = std::move(clients);
  return remedy;
}

void add_holders(model::Finding& finding, const Look& look, const Clients& clients,
                 const std::vector<const model::RecordedClient*>& holders, const std::string& predicted) {
  std::vector<std::uint64_t> ids;
  for (const auto* holder : holders) {
    ids.push_back(identity(holder->who).id);
    if (const auto* session = clients.session_of(*holder)) finding.subjects.push_back(*session);
  }
  if (seen_on_server(look.snapshot) && !finding.subjects.empty())
    finding.remedies.push_back({model::Action::terminate, "", predicted});
  if (!ids.empty()) finding.remedies.push_back(close_clients(std::move(ids), predicted));
}

std::string at_least(const model::Recording& recording) { return recording.facts_lost > 0 ? "at least " : ""; }

void add_facts_lost(model::Finding& finding, const model::Recording& recording) {
  if (recording.facts_lost == 0) return;
  const auto lost = static_cast<std::int64_t>(recording.facts_lost);
  finding.evidence.items.push_back({"facts_lost", lost});
  finding.explanation +=
      fmt::format(" The recorder has lost {}: what is counted here is a lower bound.", counted(lost, "fact"));
}

model::Duration longest_wait_behind(const Look& look, const Clients& clients, const model::RecordedClient& client) {
  const auto* session = clients.session_of(client);
  return session == nullptr ? model::Duration::zero() : look.blocking.longest_wait(session->id);
}

}  // namespace lockkeeper::rules
