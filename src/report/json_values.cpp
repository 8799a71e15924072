#include "report/json_values.hpp"

#include <utility>
#include <variant>

#include "base/utf8.hpp"

namespace lockkeeper::report::values {

namespace json = boost::json;

json::string text(std::string_view bytes) { return json::string(base::mend_utf8(bytes)); }

json::value time(model::WallTime at) { return json::string(model::to_rfc3339(at)); }

json::value maybe_time(const std::optional<model::WallTime>& at) { return at ? time(*at) : json::value(nullptr); }

std::int64_t milliseconds(model::Duration duration) {
  return std::chrono::round<std::chrono::milliseconds>(duration).count();
}

json::array texts(const std::vector<std::string>& list) {
  json::array result;
  for (const auto& entry : list) result.push_back(text(entry));
  return result;
}

json::object identity(const model::SessionId& id) { return {{"pid", id.pid}, {"started_at", time(id.started_at)}}; }

json::array identities(const std::vector<model::SessionId>& ids) {
  json::array result;
  for (const auto& id : ids) result.push_back(identity(id));
  return result;
}

json::value server(const std::optional<model::Server>& server) {
  if (!server) return nullptr;
  return json::object{{"product", text(server->product)},
                      {"version", text(server->version)},
                      {"name", text(server->name)},
                      {"database", text(server->database)},
                      {"started_at", maybe_time(server->started_at)},
                      {"in_recovery", server->in_recovery},
                      {"max_connections", server->max_connections},
                      {"usable_connections", server->usable_connections()}};
}

json::array held_locks(const std::vector<model::HeldLock>& locks) {
  json::array result;
  for (const auto& lock : locks) {
    result.push_back(json::object{
        {"kind", text(lock.kind)}, {"target", text(lock.target)}, {"mode", text(lock.mode)}, {"count", lock.count}});
  }
  return result;
}

json::object counts(const model::SessionCounts& counts) {
  return {{"clients", counts.clients},
          {"active", counts.active},
          {"idle_in_transaction", counts.idle_in_transaction},
          {"waiting", counts.waiting}};
}

namespace {

json::value statement(const std::optional<model::Statement>& statement) {
  if (!statement) return nullptr;
  return json::object{
      {"text", text(statement->text)},
      {"fingerprint", json::string(sql::to_string(statement->fingerprint))},
      {"kind", json::string(sql::to_string(statement->kind))},
      {"truncated", statement->truncated},
      {"server_id", statement->server_id ? json::value(text(*statement->server_id)) : json::value(nullptr)}};
}

}  // namespace

json::array statement_lines(const std::vector<model::StatementLine>& lines) {
  json::array result;
  for (const auto& line : lines) {
    result.push_back(json::object{{"text", text(line.text)},
                                  {"count", line.count},
                                  {"same_parameters", line.same_parameters},
                                  {"rows", line.rows},
                                  {"started_at", maybe_time(line.started_at)},
                                  {"busy_ms", milliseconds(line.busy)},
                                  {"gap_before_ms", milliseconds(line.gap_before)},
                                  {"longest_gap_ms", milliseconds(line.longest_gap)},
                                  {"error", text(line.error)},
                                  {"dropped", line.dropped},
                                  {"running", line.running}});
  }
  return result;
}

json::object session(const model::Session& session) {
  json::object result = identity(session.id);
  result["application"] = text(session.application);
  result["user"] = text(session.user);
  result["database"] = text(session.database);
  result["client"] = text(session.client);
  result["superuser"] = session.superuser;
  result["state"] = json::string(to_string(session.state));
  result["state_changed_at"] = maybe_time(session.state_changed_at);
  result["transaction_started_at"] = session.transaction ? time(session.transaction->started_at) : json::value(nullptr);
  result["wrote"] = session.transaction ? json::value(session.transaction->wrote) : json::value(nullptr);
  const auto rows = [&](std::optional<std::int64_t> model::Transaction::* count) -> json::value {
    const auto value = session.transaction ? (*session.transaction).*count : std::nullopt;
    return value ? json::value(*value) : json::value(nullptr);
  };
  result["rows_modified"] = rows(&model::Transaction::rows_modified);
  result["rows_locked"] = rows(&model::Transaction::rows_locked);
  result["tables_locked"] = rows(&model::Transaction::tables_locked);
  result["wait_event"] = text(session.wait_event);
  result["statement"] = statement(session.statement);
  result["locks"] = held_locks(session.locks);
  return result;
}

namespace {

// A duration's name gets _ms, so that no reader has to guess the unit.
struct EvidenceWriter {
  const std::string& name;
  json::object& into;

  void operator()(bool value) const { into[name] = value; }
  void operator()(std::int64_t value) const { into[name] = value; }
  void operator()(double value) const { into[name] = value; }
  void operator()(const std::string& value) const { into[name] = text(value); }
  void operator()(model::Duration value) const { into[name + "_ms"] = milliseconds(value); }
  void operator()(model::WallTime value) const { into[name] = time(value); }
  void operator()(const std::vector<std::string>& value) const { into[name] = texts(value); }
  void operator()(const std::vector<std::int64_t>& value) const { into[name] = json::value_from(value); }
};

json::array wait_tree(const std::vector<model::WaitTreeLine>& lines) {
  json::array result;
  for (const auto& line : lines) {
    result.push_back(
        json::object{{"depth", line.depth},
                     {"pid", line.session ? json::value(line.session->pid) : json::value(nullptr)},
                     {"who", text(line.who)},
                     {"waits_for", text(line.waits_for)},
                     {"waiting_ms", line.waiting ? json::value(milliseconds(*line.waiting)) : json::value(nullptr)},
                     {"more", line.more}});
  }
  return result;
}

json::object evidence(const model::Evidence& evidence) {
  json::object result;
  for (const auto& item : evidence.items) std::visit(EvidenceWriter{item.name, result}, item.value);
  if (!evidence.wait_tree.empty()) result["wait_tree"] = wait_tree(evidence.wait_tree);
  if (!evidence.statements.empty()) result["statements"] = statement_lines(evidence.statements);
  return result;
}

json::array remedies(const model::Finding& finding, const std::string& url, const Options& options) {
  json::array result;
  for (const auto& remedy : finding.remedies) {
    const std::string command =
        remedy.statement.empty() ? kill_command(options, url, finding, remedy.action) : remedy.statement;
    result.push_back(json::object{{"action", json::string(to_string(remedy.action))},
                                  {"command", text(command)},
                                  {"predicted", text(prediction(finding, remedy))}});
  }
  return result;
}

}  // namespace

json::object finding(const model::Finding& finding, const std::string& url, const Options& options) {
  json::array subjects;
  for (const auto& subject : finding.subjects) subjects.push_back(session(subject));
  return {{"id", text(finding.id.value())},
          {"rule", text(finding.rule.value())},
          {"severity", json::string(to_string(finding.severity))},
          {"confidence", json::string(to_string(finding.confidence))},
          {"title", text(finding.title)},
          {"count", finding.count},
          {"subjects", std::move(subjects)},
          {"evidence", evidence(finding.evidence)},
          {"explanation", text(finding.explanation)},
          {"likely_mistake", text(finding.likely_mistake)},
          {"fix", text(finding.fix)},
          {"remedies", remedies(finding, url, options)},
          {"first_seen", time(finding.first_seen)},
          {"last_seen", time(finding.last_seen)}};
}

json::value failure(const std::optional<model::LookFailure>& failure) {
  if (!failure) return nullptr;
  return json::object{
      {"code", text(failure->code)}, {"message", text(failure->message)}, {"advice", text(failure->advice)}};
}

}  // namespace lockkeeper::report::values
