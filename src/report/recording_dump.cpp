#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>
#include <ostream>

#include "report/json_values.hpp"
#include "report/recording_json.hpp"
#include "report/recording_words.hpp"

namespace lockkeeper::report {
namespace {

namespace json = boost::json;

using values::held_locks;
using values::maybe;
using values::maybe_time;
using values::text;
using values::texts;
using values::time;

// Whole milliseconds as such; what is judged again must be the same to the microsecond.
json::value milliseconds(model::Duration duration) {
  if (duration.count() % 1000 == 0) return duration.count() / 1000;
  return static_cast<double>(duration.count()) / 1000.0;
}

template <class Value, std::size_t Count>
json::value word(const Words<Value, Count>& words, Value value) {
  return json::string(word_of(words, value));
}

json::object statement_fields(const model::Statement& statement) {
  return {{"fingerprint", json::string(sql::to_string(statement.fingerprint))},
          {"statement_kind", json::string(sql::to_string(statement.kind))},
          {"text", text(statement.text)},
          {"truncated", statement.truncated},
          {"server_id", statement.server_id ? json::value(text(*statement.server_id)) : json::value(nullptr)}};
}

json::object server_fields(const model::Server& server) {
  return {{"product", text(server.product)},
          {"version", text(server.version)},
          {"name", text(server.name)},
          {"database", text(server.database)},
          {"started_at", maybe_time(server.started_at)},
          {"in_recovery", server.in_recovery},
          {"max_connections", server.max_connections},
          {"reserved_for_superusers", server.reserved_for_superusers},
          {"reserved_for_roles", server.reserved_for_roles},
          {"freeze_max_age", server.freeze_max_age}};
}

// Statements and identities are shared by many: each is a line of its own, before the first that names it by number.
class Dump {
 public:
  explicit Dump(std::ostream& out) : out_(out) {}

  void header(const model::Recording& recording) {
    std::int64_t left_out = 0;
    for (const auto& fact : recording.facts) left_out += known(fact) ? 0 : 1;
    line("recording", {{"name", text(recording.name)},
                       {"server", text(recording.server)},
                       {"taken_at", time(recording.taken_at)},
                       {"started_at", time(recording.started_at)},
                       {"facts_lost", recording.facts_lost},
                       {"facts_left_out", left_out}});
  }

  void pool(const model::RecordedPool& pool) {
    line("pool", {{"server", text(pool.server)},
                  {"database", text(pool.database)},
                  {"user", text(pool.user)},
                  {"session_mode", pool.session_mode},
                  {"maximum_size", pool.now.maximum_size},
                  {"in_use", pool.now.in_use},
                  {"idle", pool.now.idle},
                  {"connecting", pool.now.connecting},
                  {"waiting", pool.now.waiting},
                  {"oldest_wait_ms", milliseconds(pool.now.oldest_wait)},
                  {"oldest_lease_ms", milliseconds(pool.now.oldest_lease)},
                  {"queue_timeouts", pool.queue_timeouts},
                  {"queue_timeout_ms", milliseconds(pool.queue_timeout)},
                  {"waits", json::value_from(pool.waits)},
                  {"total_wait_ms", milliseconds(pool.total_wait)},
                  {"uses", json::value_from(pool.uses)},
                  {"total_use_ms", milliseconds(pool.total_use)}});
  }

  void client(const model::RecordedClient& client) {
    json::object fields{{"identity", identity(client.who)},
                        {"state", word(client_states, client.state)},
                        {"state_since", time(client.state_since)},
                        {"server", held(client.server)},
                        {"pins", texts(client.pins)},
                        {"session_mode", client.session_mode},
                        {"statement", statement(client.statement)},
                        {"statement_started_at", maybe_time(client.statement_started_at)},
                        {"unit", text(client.unit.value())},
                        {"transaction", client.transaction ? record(*client.transaction) : json::value(nullptr)},
                        {"portals", portals(client.portals)},
                        {"unread_bytes", client.unread_bytes}};
    line("client", std::move(fields));
  }

  void fact(const model::Fact& fact) {
    if (const auto* over = std::get_if<model::TransactionOver>(&fact.what)) {
      line("transaction_over", {{"at", time(fact.at)},
                                {"number", fact.number},
                                {"identity", identity(over->client)},
                                {"transaction", over->record ? record(*over->record) : json::value(nullptr)},
                                {"unit", text(over->unit.value())},
                                {"end", word(transaction_ends, over->end)},
                                {"ended_at", time(over->ended_at)}});
    } else if (const auto* oddity = std::get_if<model::ClientOddity>(&fact.what)) {
      line("oddity", {{"at", time(fact.at)},
                      {"number", fact.number},
                      {"identity", identity(oddity->client)},
                      {"oddity", word(oddities, oddity->kind)},
                      {"statement", statement(oddity->statement)},
                      {"unit", text(oddity->unit.value())},
                      {"transaction", oddity->record ? record(*oddity->record) : json::value(nullptr)}});
    } else if (const auto* lost = std::get_if<model::FactsLost>(&fact.what)) {
      line("facts_lost", {{"at", time(fact.at)}, {"number", fact.number}, {"count", lost->count}});
    }
  }

  void snapshot(const model::Snapshot& snapshot) {
    line("snapshot", {{"taken_at", time(snapshot.taken_at)},
                      {"observer_role", text(snapshot.observer_role)},
                      {"unlisted_clients", snapshot.unlisted_clients},
                      {"server", server_fields(snapshot.server)}});
    for (const auto& one : snapshot.sessions) session(one);
    for (const auto& one : snapshot.waits) wait(one);
    for (const auto& one : snapshot.prepared) {
      line("prepared", {{"gid", text(one.gid)},
                        {"owner", text(one.owner)},
                        {"database", text(one.database)},
                        {"prepared_at", time(one.prepared_at)},
                        {"xid_age", one.xid_age},
                        {"locks", held_locks(one.locks)}});
    }
    for (const auto& one : snapshot.replication) {
      line("replication",
           {{"name", text(one.name)}, {"slot", one.slot}, {"active", one.active}, {"xmin_age", one.xmin_age}});
    }
    for (const auto& one : snapshot.missing)
      line("missing",
           {{"what", text(one.what)}, {"why", text(one.why)}, {"cure", text(one.cure)}, {"detail", one.detail}});
  }

 private:
  static bool known(const model::Fact& fact) {
    return std::holds_alternative<model::TransactionOver>(fact.what) ||
           std::holds_alternative<model::ClientOddity>(fact.what) ||
           std::holds_alternative<model::FactsLost>(fact.what);
  }

  void line(std::string_view kind, json::object fields) {
    json::object whole;
    if (kind == "recording") whole["version"] = recording_version;
    whole["kind"] = json::string(kind);
    for (auto& [name, value] : fields) whole[name] = std::move(value);
    out_ << json::serialize(whole) << '\n';
  }

  json::value identity(const std::shared_ptr<const model::ClientIdentity>& who) {
    if (!who) return nullptr;
    const auto [place, fresh] = identities_.try_emplace(who.get(), identities_.size() + 1);
    if (fresh) {
      line("identity", {{"identity", place->second},
                        {"client", who->id},
                        {"application", text(who->application)},
                        {"user", text(who->user)},
                        {"database", text(who->database)},
                        {"address", text(who->address)},
                        {"tls", who->tls},
                        {"connected_at", time(who->connected_at)},
                        {"engine", json::string(to_string(who->engine))},
                        {"server", text(who->server)}});
    }
    return place->second;
  }

  json::value statement(const model::StatementPtr& statement) {
    if (!statement) return nullptr;
    const auto [place, fresh] = statements_.try_emplace(statement.get(), statements_.size() + 1);
    if (fresh) {
      json::object fields{{"statement", place->second}};
      for (auto& [name, value] : statement_fields(*statement)) fields[name] = std::move(value);
      line("statement", std::move(fields));
    }
    return place->second;
  }

  static json::value held(const base::Rare<model::HeldServer>& server) {
    if (!server) return nullptr;
    return json::object{{"session", values::identity(server->session)},
                        {"local_endpoint", text(server->local_endpoint)},
                        {"held_since", time(server->held_since)}};
  }

  json::array portals(const std::vector<model::OpenPortal>& open) {
    json::array result;
    for (const auto& portal : open) {
      result.push_back(json::object{{"name", text(portal.name)},
                                    {"statement", statement(portal.statement)},
                                    {"opened_at", time(portal.opened_at)},
                                    {"rows", portal.rows}});
    }
    return result;
  }

  json::object run(const model::StatementRun& run) {
    return {{"statement", statement(run.statement)},
            {"started_at", time(run.started_at)},
            {"duration_ms", milliseconds(run.duration)},
            {"rows", run.rows},
            {"bytes", run.bytes},
            {"parameters", run.parameters ? json::value(json::string(fmt::format("{:016x}", *run.parameters)))
                                          : json::value(nullptr)},
            {"error", text(run.error)}};
  }

  json::object fold(const model::FoldedRun& fold) {
    return {{"first", run(fold.first)},
            {"last", fold.count > 1 ? json::value(run(fold.last)) : json::value(nullptr)},
            {"count", fold.count},
            {"same_parameters", fold.same_parameters},
            {"busy_ms", milliseconds(fold.busy)},
            {"gap_before_ms", milliseconds(fold.gap_before)},
            {"longest_gap_ms", milliseconds(fold.longest_gap)},
            {"rows", fold.rows},
            {"bytes", fold.bytes}};
  }

  json::object read(const model::RepeatedRead& read) {
    return {{"statement", statement(read.statement)},
            {"parameters", json::string(fmt::format("{:016x}", read.parameters))},
            {"runs", read.runs},
            {"unseen_runs", read.unseen_runs},
            {"rows", read.rows},
            {"first", time(read.first)},
            {"last", time(read.last)},
            {"first_number", read.first_number},
            {"last_number", read.last_number}};
  }

  json::value record(const model::TransactionRecord& record) {
    const auto& parts = record.parts();
    json::array first;
    json::array last;
    json::array reads;
    for (const auto& one : parts.reads) reads.push_back(read(one));
    for (const auto& one : parts.first) first.push_back(fold(one));
    for (const auto& one : parts.last) last.push_back(fold(one));
    return json::object{{"session", values::identity(parts.id.session)},
                        {"started_at", time(parts.id.started_at)},
                        {"last_end", time(parts.last_end)},
                        {"first", std::move(first)},
                        {"last", std::move(last)},
                        {"locks", held_locks(parts.locks)},
                        {"reads", std::move(reads)},
                        {"dropped", parts.dropped},
                        {"statements", parts.statements},
                        {"rows_written", parts.rows_written},
                        {"busy_ms", milliseconds(parts.busy)}};
  }

  void session(const model::Session& session) {
    json::value transaction = nullptr;
    if (session.transaction) {
      transaction = json::object{{"started_at", time(session.transaction->started_at)},
                                 {"wrote", session.transaction->wrote},
                                 {"xid_age", maybe(session.transaction->xid_age)},
                                 {"xmin_age", maybe(session.transaction->xmin_age)},
                                 {"rows_modified", maybe(session.transaction->rows_modified)},
                                 {"rows_locked", maybe(session.transaction->rows_locked)},
                                 {"tables_locked", maybe(session.transaction->tables_locked)},
                                 {"rolling_back", session.transaction->rolling_back}};
    }
    json::object fields = values::identity(session.id);
    fields["session_kind"] = word(session_kinds, session.kind);
    fields["state"] = word(session_states, session.state);
    fields["application"] = text(session.application);
    fields["user"] = text(session.user);
    fields["database"] = text(session.database);
    fields["client"] = text(session.client);
    fields["superuser"] = session.superuser;
    fields["state_changed_at"] = maybe_time(session.state_changed_at);
    fields["statement_started_at"] = maybe_time(session.statement_started_at);
    fields["transaction"] = std::move(transaction);
    fields["statement"] = session.statement ? json::value(statement_fields(*session.statement)) : json::value(nullptr);
    fields["wait_event"] = text(session.wait_event);
    fields["locks"] = held_locks(session.locks);
    fields["parallel_workers"] = session.parallel_workers;
    line("session", std::move(fields));
  }

  void wait(const model::Wait& wait) {
    json::array holders;
    for (const auto& holder : wait.blocked_by) {
      const auto* gid = std::get_if<std::string>(&holder);
      holders.push_back(gid != nullptr ? json::object{{"gid", text(*gid)}}
                                       : values::identity(std::get<model::SessionId>(holder)));
    }
    line("wait", {{"waiter", values::identity(wait.waiter)},
                  {"lock_kind", text(wait.kind)},
                  {"target", text(wait.target)},
                  {"mode", text(wait.mode)},
                  {"since", maybe_time(wait.since)},
                  {"since_is_upper_bound", wait.since_is_upper_bound},
                  {"blocked_by", std::move(holders)},
                  {"behind", wait.behind ? json::value(values::identity(*wait.behind)) : json::value(nullptr)}});
  }

  std::ostream& out_;
  std::map<const model::ClientIdentity*, std::uint64_t> identities_;
  std::map<const model::Statement*, std::uint64_t> statements_;
};

}  // namespace

void dump(std::ostream& out, const model::Recording& recording, const model::Snapshot* snapshot) {
  Dump dump(out);
  dump.header(recording);
  for (const auto& pool : recording.pools) dump.pool(pool);
  for (const auto& client : recording.clients) dump.client(client);
  for (const auto& fact : recording.facts) dump.fact(fact);
  if (snapshot != nullptr) dump.snapshot(*snapshot);
}

}  // namespace lockkeeper::report
