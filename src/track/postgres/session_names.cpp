// A client's names for prepared statements, and how they are made known to the server it has just now.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <utility>

#include "sql/moments.hpp"
#include "track/postgres/session.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::track::postgres {

using model::WallTime;
using wire::postgres::Target;

namespace {
constexpr std::ptrdiff_t most_made = 65'536;
// A statement that has been there for longer is made again for a client that prepares it now: PostgreSQL keeps the
// types of its parameters as they were, whatever has become of the tables, and a new client wants those of today.
constexpr std::chrono::minutes recent{1};
}  // namespace

PreparedPtr Session::find(std::string_view name) const {
  if (name.empty()) return unnamed_.effective();
  if (names_.empty()) return nullptr;
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : found->second.effective();
}

Session::Name* Session::entry_of(std::string_view name) {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &found->second;
}

void Session::change(std::string_view name, PreparedPtr to) {
  Name& entry = name.empty() ? unnamed_ : names_.try_emplace(std::string(name)).first->second;
  entry.pending = std::move(to);
  ++entry.under_way;
}

// A Parse or Close has been answered: the first of those under way for its name.
void Session::confirm(const Expected& expected) {
  const bool named = !expected.name.empty() && !expected.drops_unnamed;
  const auto found = named ? names_.find(expected.name) : names_.end();
  if (named && found == names_.end()) return;
  Name& entry = named ? found->second : unnamed_;
  if (entry.under_way == 0) return;
  --entry.under_way;
  if (entry.under_way == 0) {
    entry.confirmed = std::exchange(entry.pending, nullptr);
  } else {
    entry.confirmed = expected.kind == Expect::parse ? expected.prepared : nullptr;
  }
  if (named && entry.under_way == 0 && !entry.confirmed) names_.erase(found);
}

// The first of these has failed, and the server does not do the others. What was sent behind the next Sync counts on.
void Session::undo(const std::vector<Expected>& skipped) {
  bool first = true;
  for (const Expected& each : skipped) {
    const bool failed = std::exchange(first, false);
    if (each.kind == Expect::parse) {
      server_->unnamed = nullptr;  // Gone, or not known.
      if (each.prepared && rewrites()) server_->remove(*each.prepared);
    }
    // Made, and not compared: it must not be used like that.
    if (each.kind == Expect::describe && each.purpose == Purpose::prepare) server_->forget(*each.concerns);
    if (each.drops_unnamed) revert(unnamed_);
    if (!each.changes_name) continue;
    if (each.name.empty()) {
      // A Parse of the unnamed statement drops the one before it, also when it fails.
      if (failed) unnamed_ = {.confirmed = nullptr, .pending = unnamed_.pending, .under_way = unnamed_.under_way};
      revert(unnamed_);
      continue;
    }
    const auto found = names_.find(each.name);
    if (found == names_.end()) continue;
    revert(found->second);
    if (found->second.under_way == 0 && !found->second.confirmed) names_.erase(found);
  }
}

void Session::revert(Name& name) noexcept {
  if (name.under_way == 0 || --name.under_way > 0) return;
  name.pending = nullptr;
}

// DEALLOCATE ALL: of both sides, but for what was sent behind it and is still to be answered.
void Session::forget_names() {
  for (auto& [name, entry] : names_) entry.confirmed = nullptr;
  std::erase_if(names_, [](const auto& each) { return each.second.under_way == 0; });
  unnamed_.confirmed = nullptr;
  server_->forget_all();
  if (unnamed_.under_way == 0) server_->unnamed = nullptr;
  for (const Expected& each : exchange_) {
    if (each.kind == Expect::parse && each.prepared && (each.purpose == Purpose::prepare || !each.name.empty()))
      server_->add(each.prepared, each.sent_at);
  }
}

void Session::deallocated(const Deallocation& gone) {
  if (const auto found = names_.find(gone.name); found != names_.end()) {
    found->second.confirmed = nullptr;
    if (found->second.under_way == 0) names_.erase(found);
  }
  if (gone.prepared) {
    server_->remove(*gone.prepared);
  } else if (gone.name.starts_with(prepared_prefix)) {
    // One of ours, by the name that only the server should know: all are made again when needed.
    server_->forget_all();
  }
}

std::string_view Session::server_name(std::string_view name, const PreparedPtr& prepared) const noexcept {
  if (name.empty()) return name;
  if (prepared) return prepared->name;
  // A name that the client has never given: the server answers that it does not exist. It must not be one of ours.
  return name.starts_with(prepared_prefix) ? "lockkeeper: unknown" : name;
}

// Everybody's who reads it in the same way, unless it is not to be shared; a statement that says 'today' means another
// day to each.
PreparedPtr Session::read_now(std::string_view sql, wire::postgres::Bytes types, bool is_shared) {
  Parameters::Reading own = own_reading_;
  if (!own && rewrites() && sql::may_name_a_moment(sql)) own = Parameters::own_reading();
  const Parameters::Reading& reading = own ? own : parameters.reading();
  return own || !is_shared ? shared_.prepared.make(sql, types, reading, shared_.statements)
                           : shared_.prepared.intern(sql, types, reading, shared_.statements);
}

// For a client that was told this of it.
PreparedPtr Session::read_again(const Prepared& prepared, const Description& told) {
  PreparedPtr again = read_now(prepared.sql, prepared.types);
  if (!told.known() || (again->description.known() && again->description.agrees_with(told))) return again;
  // Whoever shares it was told otherwise, or may yet be.
  if (again.use_count() > 1) again = read_now(prepared.sql, prepared.types, false);
  again->description = told;
  return again;
}

bool Session::has_recent(const PreparedPtr& prepared, WallTime now) const {
  if (!server_->has(prepared)) return false;
  const WallTime made_at = server_->made_at(*prepared);
  return made_at <= now && now - made_at < recent && made_at > shared_.prepared.tables_changed_at();
}

// Made again where the client's parameters are others by now, it means what it would mean if prepared now: under its
// old name it would mislead who shares that.
PreparedPtr Session::made_known(std::string_view name, PreparedPtr prepared, Output& out, WallTime now) {
  const bool is_there = name.empty() ? prepared && server_->unnamed == prepared : prepared && server_->has(prepared);
  const Parameters::Reading& reading = own_reading_ ? own_reading_ : parameters.reading();
  if (prepared && !is_there && prepared->reading != reading && *prepared->reading != *reading) {
    prepared = read_again(*prepared, prepared->description);
    if (Name* entry = name.empty() ? &unnamed_ : entry_of(name))
      (entry->under_way > 0 ? entry->pending : entry->confirmed) = prepared;
  }
  make_known(name, prepared, out, now);
  return prepared;
}

void Session::make_known(std::string_view name, const PreparedPtr& prepared, Output& out, WallTime now) {
  if (!name.empty()) {
    if (!prepared || server_->has(prepared)) return;
    make_room_for(prepared, out, now);
    wire::postgres::append_parse(out.to_server, prepared->name, prepared->sql, prepared->types_to_make());
    expect_ours(Expect::parse, Purpose::prepare, now).prepared = prepared;
    return compare(prepared->name, prepared, out, now);
  }
  if (prepared && server_->unnamed == prepared) return;
  server_->unnamed = prepared;
  if (prepared) {
    wire::postgres::append_parse(out.to_server, "", prepared->sql, prepared->types_to_make());
    expect_ours(Expect::parse, Purpose::prepare, now);
    compare("", prepared, out, now);
  } else {
    // What others have left there must not be run in its place: the client has none.
    wire::postgres::append_close(out.to_server, Target::statement, "");
    expect_ours(Expect::close, Purpose::prepare, now);
  }
}

// Whatever the server still has by that name goes first, so that our own mistake about it cannot become an error.
void Session::make_room_for(const PreparedPtr& prepared, Output& out, WallTime now) {
  server_->remove(*prepared);
  for (const std::string& name : server_->take_forgotten()) {
    if (name == prepared->name) continue;
    wire::postgres::append_close(out.to_server, Target::statement, name);
    expect_ours(Expect::close, Purpose::prepare, now);
  }
  if (const PreparedPtr oldest = server_->make_room()) {
    wire::postgres::append_close(out.to_server, Target::statement, oldest->name);
    expect_ours(Expect::close, Purpose::prepare, now);
  }
  wire::postgres::append_close(out.to_server, Target::statement, prepared->name);
  expect_ours(Expect::close, Purpose::prepare, now);
  server_->add(prepared, now);
  // A pipeline without an end: what was made that long ago has mostly been thrown out by the server connection.
  if (std::ssize(made_) >= most_made) made_.erase(made_.begin(), made_.begin() + most_made / 2);
  made_.push_back(prepared);
}

// For a message that only asks whether the name is there, as that cannot fail: not for its tables, and not in a
// transaction that has failed. A simple query that the server skipped would never be answered.
void Session::make_stand_in(const PreparedPtr& prepared, Output& out, WallTime now) {
  if (server_->has(prepared)) return;
  make_room_for(prepared, out, now);
  wire::postgres::append_parse(out.to_server, prepared->name, "", std::string_view("\0\0", 2));
  expect_ours(Expect::parse, Purpose::prepare, now);
  server_->forget(*prepared);
}

// What had taken the name was skipped by the server, for an error before it: it stands for the statement that was to be
// refused. What the client has sent behind it finds that by the old one's name.
void Session::taken_after_all(const Expected& expected) {
  names_.try_emplace(expected.name).first->second.confirmed = expected.concerns;
  server_->forget(*expected.prepared);
}

// A parameter that decides how texts are read has changed while these were under way, by nothing that a text shows: by
// the end of a transaction or by a function, before them rather than behind them.
void Session::read_made_again() {
  if (own_reading_) return;  // What stands behind the text that shows it has been read apart.
  for (const PreparedPtr& made : made_) {
    server_->remove(*made);
    const PreparedPtr again = read_again(*made, made->description);
    for (auto& [name, entry] : names_) {
      if (entry.confirmed == made) entry.confirmed = again;
      if (entry.pending == made) entry.pending = again;
    }
  }
  server_->unnamed = nullptr;
}

// What is prepared behind the setting of a parameter is the client's own: until the server has reported what follows
// the client, and of what is not reported as long as the client may have it. So it is beside temporary tables: a name
// may mean one of them, and the server does not look again in a session that has had some before.
void Session::read_apart(bool is_reported) {
  own_reading_ = Parameters::own_reading();
  reads_apart_ = reads_apart_ || !is_reported;
}

}  // namespace lockkeeper::track::postgres
