#include <algorithm>
#include <functional>
#include <istream>
#include <map>
#include <utility>

#include "base/stable_sort.hpp"
#include "report/json_fields.hpp"
#include "report/recording_json.hpp"
#include "report/recording_words.hpp"

namespace lockkeeper::report {
namespace {

namespace json = boost::json;

sql::StatementKind statement_kind(const Fields& fields) {
  const std::string written = fields.text("statement_kind");
  for (int value = 0; value <= static_cast<int>(sql::StatementKind::empty); ++value) {
    const auto kind = static_cast<sql::StatementKind>(value);
    if (sql::to_string(kind) == written) return kind;
  }
  return sql::StatementKind::unknown;  // a later version may know more
}

model::Statement statement_of(const Fields& fields) {
  model::Statement statement;
  statement.fingerprint.value = fields.hexadecimal("fingerprint");
  statement.kind = statement_kind(fields);
  statement.text = fields.text("text");
  statement.truncated = fields.boolean("truncated");
  if (fields.has("server_id")) statement.server_id = fields.text("server_id");
  return statement;
}

model::SessionId session_id(const Fields& fields) { return {fields.integer("pid"), fields.time("started_at")}; }

std::vector<model::HeldLock> locks(const Fields& fields) {
  std::vector<model::HeldLock> result;
  fields.objects("locks", [&](const Fields& lock) {
    result.push_back({lock.text("kind"), lock.text("target"), lock.text("mode"), lock.integer("count")});
  });
  return result;
}

model::Server server_of(const Fields& fields) {
  model::Server server;
  server.product = fields.text("product");
  server.version = fields.text("version");
  server.name = fields.text("name");
  server.database = fields.text("database");
  server.started_at = fields.maybe_time("started_at");
  server.in_recovery = fields.boolean("in_recovery");
  server.max_connections = fields.integer("max_connections");
  server.reserved_for_superusers = fields.integer("reserved_for_superusers");
  server.reserved_for_roles = fields.integer("reserved_for_roles");
  server.freeze_max_age = fields.integer("freeze_max_age");
  return server;
}

class Reader {
 public:
  void line(const json::object& object) {
    const Fields fields(object, problem_);
    const std::string kind = fields.text("kind");
    if (problem_.any()) return;
    if (!begun_) return header(fields, kind);
    const auto known = kinds().find(kind);
    if (known == kinds().end()) {
      ++replay_.unknown_lines;
    } else {
      std::invoke(known->second, this, fields);
    }
  }

  [[nodiscard]] FieldProblem& problem() { return problem_; }
  [[nodiscard]] bool begun() const { return begun_; }

  [[nodiscard]] Replay take() {
    if (replay_.snapshot) base::stable_sort(replay_.snapshot->sessions, {}, &model::Session::id);
    return std::move(replay_);
  }

 private:
  using Kind = void (Reader::*)(const Fields&);

  static const std::map<std::string, Kind, std::less<>>& kinds() {
    static const std::map<std::string, Kind, std::less<>> known{{"pool", &Reader::pool},
                                                                {"identity", &Reader::identity},
                                                                {"statement", &Reader::statement},
                                                                {"client", &Reader::client},
                                                                {"transaction_over", &Reader::transaction_over},
                                                                {"oddity", &Reader::oddity},
                                                                {"facts_lost", &Reader::facts_lost},
                                                                {"snapshot", &Reader::snapshot},
                                                                {"session", &Reader::session},
                                                                {"wait", &Reader::wait},
                                                                {"prepared", &Reader::prepared},
                                                                {"replication", &Reader::replication},
                                                                {"missing", &Reader::missing}};
    return known;
  }

  void header(const Fields& fields, const std::string& kind) {
    if (kind != "recording") return fields.tell("kind", "is not \"recording\": the header must come first");
    if (fields.integer("version") != recording_version)
      return fields.tell("version", "is not " + std::to_string(recording_version) + ", which this program reads");
    auto& recording = replay_.recording;
    recording.name = fields.text("name");
    recording.server = fields.text("server");
    recording.taken_at = fields.time("taken_at");
    recording.started_at = fields.time("started_at");
    recording.facts_lost = fields.count("facts_lost");
    begun_ = true;
  }

  void pool(const Fields& fields) {
    auto& pool = replay_.recording.pools.emplace_back();
    if (fields.has("server")) pool.server = fields.text("server");
    pool.database = fields.text("database");
    pool.user = fields.text("user");
    pool.session_mode = fields.boolean("session_mode");
    pool.now.maximum_size = fields.count("maximum_size");
    pool.now.in_use = fields.count("in_use");
    pool.now.idle = fields.count("idle");
    pool.now.connecting = fields.count("connecting");
    pool.now.waiting = fields.count("waiting");
    pool.now.oldest_wait = fields.duration("oldest_wait_ms");
    pool.now.oldest_lease = fields.duration("oldest_lease_ms");
    pool.queue_timeouts = fields.count("queue_timeouts");
    pool.queue_timeout = fields.duration("queue_timeout_ms");
    histogram(fields, "waits", pool.waits);
    // An older recorder does not tell the rest.
    if (!fields.has("uses")) return;
    pool.total_wait = fields.duration("total_wait_ms");
    histogram(fields, "uses", pool.uses);
    pool.total_use = fields.duration("total_use_ms");
  }

  static void histogram(const Fields& fields, const char* name, model::WaitHistogram& histogram) {
    const auto* list = fields.array(name);
    if (list == nullptr) return;
    for (std::size_t index = 0; index < std::min(list->size(), histogram.size()); ++index) {
      const auto& entry = (*list)[index];
      if (const auto* large = entry.if_uint64()) {
        histogram[index] = *large;
      } else if (const auto* count = entry.if_int64(); count != nullptr && *count >= 0) {
        histogram[index] = static_cast<std::uint64_t>(*count);
      } else {
        return fields.tell(name, "holds what is not a whole number from 0 on");
      }
    }
  }

  void identity(const Fields& fields) {
    auto who = std::make_shared<model::ClientIdentity>();
    who->id = fields.count("client");
    who->application = fields.text("application");
    who->user = fields.text("user");
    who->database = fields.text("database");
    who->address = fields.text("address");
    who->tls = fields.boolean("tls");
    who->connected_at = fields.time("connected_at");
    if (fields.has("engine")) who->engine = model::engine_named(fields.text("engine"));
    if (fields.has("server")) who->server = fields.text("server");
    identities_[fields.count("identity")] = std::move(who);
  }

  void statement(const Fields& fields) {
    statements_[fields.count("statement")] = std::make_shared<model::Statement>(statement_of(fields));
  }

  template <class Known>
  static auto named(const Fields& fields, std::string_view name, const Known& known) {
    const auto found = known.find(fields.count(name));
    if (found != known.end()) return found->second;
    fields.tell(name, "has not come before this line");
    return typename Known::mapped_type{};
  }

  [[nodiscard]] std::shared_ptr<const model::ClientIdentity> who(const Fields& fields) const {
    return fields.has("identity") ? named(fields, "identity", identities_) : nullptr;
  }

  [[nodiscard]] model::StatementPtr statement_named(const Fields& fields) const {
    return fields.has("statement") ? named(fields, "statement", statements_) : nullptr;
  }

  [[nodiscard]] model::StatementRun run(const Fields& fields) const {
    model::StatementRun run;
    run.statement = named(fields, "statement", statements_);
    run.started_at = fields.time("started_at");
    run.duration = fields.duration("duration_ms");
    run.rows = fields.integer("rows");
    run.bytes = fields.integer("bytes");
    if (fields.has("parameters")) run.parameters = fields.hexadecimal("parameters");
    run.error = fields.text("error");
    return run;
  }

  [[nodiscard]] model::FoldedRun fold(const Fields& fields) const {
    model::FoldedRun fold;
    fold.first = run(fields.object("first"));
    fold.last = fields.has("last") ? run(fields.object("last")) : fold.first;
    fold.count = fields.integer("count");
    if (fold.count < 1) fields.tell("count", "is less than 1");
    fold.same_parameters = fields.boolean("same_parameters");
    fold.busy = fields.duration("busy_ms");
    fold.gap_before = fields.duration("gap_before_ms");
    fold.longest_gap = fields.duration("longest_gap_ms");
    fold.rows = fields.integer("rows");
    fold.bytes = fields.integer("bytes");
    return fold;
  }

  [[nodiscard]] model::RepeatedRead read(const Fields& fields) const {
    model::RepeatedRead read;
    read.statement = named(fields, "statement", statements_);
    read.parameters = fields.hexadecimal("parameters");
    read.runs = fields.integer("runs");
    read.unseen_runs = fields.integer("unseen_runs");
    read.rows = fields.integer("rows");
    read.first = fields.time("first");
    read.last = fields.time("last");
    read.first_number = fields.integer("first_number");
    read.last_number = fields.integer("last_number");
    return read;
  }

  [[nodiscard]] model::TransactionRecord record(const Fields& fields) const {
    model::TransactionRecord::Parts parts;
    parts.id = {session_id(fields.object("session")), fields.time("started_at")};
    parts.last_end = fields.time("last_end");
    fields.objects("first", [&](const Fields& one) { parts.first.push_back(fold(one)); });
    fields.objects("last", [&](const Fields& one) { parts.last.push_back(fold(one)); });
    parts.locks = locks(fields);
    fields.objects("reads", [&](const Fields& one) { parts.reads.push_back(read(one)); });
    if (parts.reads.size() > model::TransactionRecord::most_reads) fields.tell("reads", "holds more than is ever kept");
    if (parts.first.size() > model::TransactionRecord::first_kept) fields.tell("first", "holds more than is ever kept");
    if (parts.last.size() > model::TransactionRecord::last_kept) fields.tell("last", "holds more than is ever kept");
    if (parts.locks.size() > model::TransactionRecord::most_locks) fields.tell("locks", "holds more than is ever kept");
    parts.dropped = fields.integer("dropped");
    parts.statements = fields.integer("statements");
    parts.rows_written = fields.integer("rows_written");
    parts.busy = fields.duration("busy_ms");
    return model::TransactionRecord::from(std::move(parts));
  }

  void client(const Fields& fields) {
    auto& client = replay_.recording.clients.emplace_back();
    client.who = who(fields);
    client.state = fields.word("state", client_states);
    client.state_since = fields.time("state_since");
    if (fields.has("server")) {
      const Fields server = fields.object("server");
      client.server = model::HeldServer{session_id(server.object("session")), server.text("local_endpoint"),
                                        server.time("held_since")};
    }
    client.pins = fields.texts("pins");
    client.session_mode = fields.boolean("session_mode");
    client.statement = statement_named(fields);
    client.statement_started_at = fields.maybe_time("statement_started_at");
    client.unit = model::UnitId(fields.text("unit"));
    if (fields.has("transaction")) client.transaction = record(fields.object("transaction"));
    fields.objects("portals", [&](const Fields& portal) {
      client.portals.push_back(
          {portal.text("name"), statement_named(portal), portal.time("opened_at"), portal.integer("rows")});
    });
    client.unread_bytes = fields.integer("unread_bytes");
  }

  // An older recorder does not number its facts.
  template <typename What>
  void fact(const Fields& fields, What what) {
    const auto number = fields.has("number") ? fields.count("number") : 0;
    replay_.recording.facts.push_back({fields.time("at"), std::move(what), number});
  }

  void transaction_over(const Fields& fields) {
    model::TransactionOver over;
    over.client = who(fields);
    if (fields.has("transaction"))
      over.record = std::make_shared<model::TransactionRecord>(record(fields.object("transaction")));
    over.unit = model::UnitId(fields.text("unit"));
    over.end = fields.word("end", transaction_ends);
    over.ended_at = fields.time("ended_at");
    fact(fields, std::move(over));
  }

  void oddity(const Fields& fields) {
    model::ClientOddity oddity;
    oddity.client = who(fields);
    oddity.kind = fields.word("oddity", oddities);
    oddity.statement = statement_named(fields);
    oddity.unit = model::UnitId(fields.text("unit"));
    if (fields.has("transaction"))
      oddity.record = std::make_shared<model::TransactionRecord>(record(fields.object("transaction")));
    fact(fields, std::move(oddity));
  }

  void facts_lost(const Fields& fields) { fact(fields, model::FactsLost{fields.count("count")}); }

  void snapshot(const Fields& fields) {
    if (replay_.snapshot) return fields.tell("kind", "is a second snapshot");
    auto& snapshot = replay_.snapshot.emplace();
    snapshot.taken_at = fields.time("taken_at");
    snapshot.observer_role = fields.text("observer_role");
    snapshot.unlisted_clients = fields.integer("unlisted_clients");
    snapshot.server = server_of(fields.object("server"));
  }

  // The snapshot that a line is part of; nullptr, and told, where none has begun.
  model::Snapshot* open_snapshot(const Fields& fields) {
    if (!replay_.snapshot) fields.tell("kind", "belongs to a snapshot, and none has come before this line");
    return replay_.snapshot ? &*replay_.snapshot : nullptr;
  }

  void session(const Fields& fields) {
    auto* snapshot = open_snapshot(fields);
    if (snapshot == nullptr) return;
    auto& session = snapshot->sessions.emplace_back();
    session.id = session_id(fields);
    session.kind = fields.word("session_kind", session_kinds);
    session.state = fields.word("state", session_states);
    session.application = fields.text("application");
    session.user = fields.text("user");
    session.database = fields.text("database");
    session.client = fields.text("client");
    session.superuser = fields.boolean("superuser");
    session.state_changed_at = fields.maybe_time("state_changed_at");
    session.statement_started_at = fields.maybe_time("statement_started_at");
    if (fields.has("transaction")) {
      const Fields open = fields.object("transaction");
      session.transaction = {open.time("started_at"),
                             open.boolean("wrote"),
                             open.maybe_integer("xid_age"),
                             open.maybe_integer("xmin_age"),
                             open.maybe_integer("rows_modified"),
                             open.maybe_integer("rows_locked"),
                             open.maybe_integer("tables_locked"),
                             open.has("rolling_back") && open.boolean("rolling_back")};
    }
    if (fields.has("statement")) session.statement = statement_of(fields.object("statement"));
    session.wait_event = fields.text("wait_event");
    session.locks = locks(fields);
    session.parallel_workers = fields.integer("parallel_workers");
  }

  void wait(const Fields& fields) {
    auto* snapshot = open_snapshot(fields);
    if (snapshot == nullptr) return;
    auto& wait = snapshot->waits.emplace_back();
    wait.waiter = session_id(fields.object("waiter"));
    wait.kind = fields.text("lock_kind");
    wait.target = fields.text("target");
    wait.mode = fields.text("mode");
    wait.since = fields.maybe_time("since");
    wait.since_is_upper_bound = fields.boolean("since_is_upper_bound");
    fields.objects("blocked_by", [&](const Fields& holder) {
      if (holder.has("gid")) {
        wait.blocked_by.emplace_back(holder.text("gid"));
      } else {
        wait.blocked_by.emplace_back(session_id(holder));
      }
    });
    if (fields.has("behind")) wait.behind = session_id(fields.object("behind"));
  }

  void prepared(const Fields& fields) {
    auto* snapshot = open_snapshot(fields);
    if (snapshot == nullptr) return;
    snapshot->prepared.push_back({fields.text("gid"), fields.text("owner"), fields.text("database"),
                                  fields.time("prepared_at"), fields.integer("xid_age"), locks(fields)});
  }

  void replication(const Fields& fields) {
    auto* snapshot = open_snapshot(fields);
    if (snapshot == nullptr) return;
    snapshot->replication.push_back(
        {fields.text("name"), fields.boolean("slot"), fields.boolean("active"), fields.integer("xmin_age")});
  }

  void missing(const Fields& fields) {
    auto* snapshot = open_snapshot(fields);
    if (snapshot == nullptr) return;
    snapshot->missing.push_back({fields.text("what"), fields.text("why"), fields.text("cure"),
                                 fields.has("detail") && fields.boolean("detail")});
  }

  FieldProblem problem_;
  Replay replay_;
  std::map<std::uint64_t, std::shared_ptr<const model::ClientIdentity>> identities_;
  std::map<std::uint64_t, model::StatementPtr> statements_;
  bool begun_ = false;
};

enum class LineEnd { newline, end_of_input, too_long };

// getline with a limit: the rest of a longer line is not taken.
LineEnd read_line(std::istream& in, std::string& line) {
  line.clear();
  auto* buffer = in.rdbuf();
  while (true) {
    const int next = buffer == nullptr ? std::char_traits<char>::eof() : buffer->sbumpc();
    if (next == std::char_traits<char>::eof()) return LineEnd::end_of_input;
    if (next == '\n') return LineEnd::newline;
    if (line.size() >= longest_recording_line) return LineEnd::too_long;
    line += static_cast<char>(next);
  }
}

std::optional<ReadFailure> read_object(const std::string& line, std::uint64_t number, Reader& reader) {
  boost::system::error_code error;
  const json::value value = json::parse(line, error);
  if (error) return ReadFailure{number, "", "is not JSON: " + error.message()};
  const auto* object = value.if_object();
  if (object == nullptr) return ReadFailure{number, "", "is not an object"};
  reader.line(*object);
  if (!reader.problem().any()) return std::nullopt;
  return ReadFailure{number, reader.problem().field, reader.problem().message};
}

}  // namespace

std::string ReadFailure::text() const {
  return "line " + std::to_string(line) + (field.empty() ? " " : ", " + field + " ") + message;
}

std::expected<Replay, ReadFailure> read_recording(std::istream& in) {
  Reader reader;
  std::string line;
  std::uint64_t number = 0;
  for (auto end = LineEnd::newline; end != LineEnd::end_of_input;) {
    ++number;
    end = read_line(in, line);
    if (end == LineEnd::too_long) return std::unexpected(ReadFailure{number, "", "is too long for this format"});
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (auto failure = read_object(line, number, reader)) return std::unexpected(std::move(*failure));
  }
  if (!reader.begun()) return std::unexpected(ReadFailure{1, "", "is not there: this is no recording"});
  return reader.take();
}

}  // namespace lockkeeper::report
