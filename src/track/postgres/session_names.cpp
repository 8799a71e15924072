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

namespace frontend = wire::postgres::frontend;
using model::WallTime;
using wire::postgres::Target;

namespace {
constexpr std::ptrdiff_t most_made = 65'536;
// A statement that has been there for longer is made again for a client that prepares it now: PostgreSQL keeps the
// types of its parameters as they were, whatever has become of the tables, and a new client wants those of today.
constexpr std::chrono::minutes recent{1};
}  // namespace

PreparedPtr Session::find(std::string_view name) const {
  const Name* entry = look_up(name);
  return entry == nullptr ? nullptr : entry->effective();
}

const Session::Name* Session::look_up(std::string_view name) const {
  if (name.empty()) return &unnamed_;
  if (names_.empty()) return nullptr;
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &found->second;
}

Session::Name* Session::entry_of(std::string_view name) {
  if (name.empty()) return &unnamed_;
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &found->second;
}

void Session::change(std::string_view name, PreparedPtr to) {
  Name& entry = name.empty() ? unnamed_ : names_.try_emplace(std::string(name)).first->second;
  entry.pending = std::move(to);
  entry.batch = batch_;
  ++entry.under_way;
}

// What changes it has been answered: the first of those under way.
void Session::confirm(std::string_view name, const PreparedPtr& to) {
  Name* entry = entry_of(name);
  if (entry == nullptr || entry->under_way == 0) return;
  --entry->under_way;
  entry->confirmed = entry->under_way == 0 ? std::exchange(entry->pending, nullptr) : to;
  if (entry->under_way == 0 && !entry->confirmed && !name.empty()) names_.erase(names_.find(name));
}

// It has failed, or is skipped.
void Session::revert(std::string_view name) {
  Name* entry = entry_of(name);
  if (entry == nullptr || entry->under_way == 0 || --entry->under_way > 0) return;
  entry->pending = nullptr;
  if (!entry->confirmed && !name.empty()) names_.erase(names_.find(name));
}

// The first of these has failed, and the server does not do the others. What was sent behind the next Sync counts on.
void Session::undo(std::vector<Expected>& skipped) {
  // A Parse that fails drops the unnamed statement, too.
  const bool has_failed = skipped.front().changes_unnamed && skipped.front().kind == Expect::parse;
  if (has_failed) unnamed_there_ = nullptr;
  if (has_failed && skipped.front().changes_name) unnamed_.confirmed = nullptr;
  for (Expected& each : skipped) {
    if (each.kind == Expect::parse && !each.changes_unnamed && each.prepared && rewrites())
      server_->undo(*each.prepared, each.batch);
    // Made, and not compared: it must not be used like that.
    if (each.kind == Expect::describe && each.purpose == Purpose::prepare) forget(*each.concerns);
    revert_drops(each);
    if (each.drops_unnamed) revert("");
    if (each.changes_name) revert(each.name);
  }
  // Messages behind the Sync may make another one of it.
  server_->unnamed = exchange_.unnamed_changes() > 0 ? nullptr : unnamed_there_;
}

// It must not be used on this server any more.
void Session::forget(const Prepared& prepared) {
  server_->forget(prepared);
  if (unnamed_there_.get() == &prepared) unnamed_there_ = nullptr;
}

// Whether what the name stands for depends on messages that the server may skip, though it does not skip those behind
// them; or whether the server has that by now. Within one batch it skips all or none.
bool Session::is_open(std::string_view name) const {
  const Name* entry = look_up(name);
  if (entry == nullptr) return false;
  if (entry->under_way > 0 && entry->batch != batch_) return true;
  const PreparedPtr& prepared = entry->effective();
  if (!prepared) return false;
  if (!name.empty()) return server_->is_being_made(*prepared, batch_);
  return server_->unnamed == prepared && unnamed_batch_ != batch_ && exchange_.unnamed_changes() > 0;
}

// Of those that the message is about.
std::optional<std::string> Session::open_name(const Message& message) const {
  if (skipping_ || !rewrites()) return std::nullopt;
  const auto if_open = [&](std::string_view name) {
    return is_open(name) ? std::optional<std::string>(name) : std::nullopt;
  };
  const auto any_open = [&]() -> std::optional<std::string> {
    const auto found = std::ranges::find_if(names_, [&](const auto& each) { return is_open(each.first); });
    return found == names_.end() ? std::nullopt : std::optional(found->first);
  };
  const auto deallocated_by = [&](std::string_view sql) -> std::optional<std::string> {
    const Traits& traits = seeing()(sql).traits;
    if (drops_all(traits)) return any_open();
    const auto name = traits.deallocate_name();
    return name ? if_open(*name) : std::nullopt;
  };
  switch (message.type) {
    case frontend::query: {
      const auto decoded = message.whole() ? wire::postgres::decode_query(message.body) : std::nullopt;
      return decoded ? deallocated_by(decoded->sql) : std::nullopt;
    }
    case frontend::parse: {
      const auto parsed = wire::postgres::decode_parse(message.body);
      if (!parsed) return std::nullopt;
      return parsed->name.empty() ? deallocated_by(parsed->sql) : if_open(parsed->name);
    }
    case frontend::bind: {
      const auto bound = wire::postgres::decode_bind(message.body);
      return bound ? if_open(bound->statement) : std::nullopt;
    }
    case frontend::describe: {
      const auto described = wire::postgres::decode_describe(message.body);
      return described && described->target == Target::statement ? if_open(described->name) : std::nullopt;
    }
    case frontend::execute: {
      const auto executed = wire::postgres::decode_execute(message.body);
      if (!executed) return std::nullopt;
      const Portal& portal = portal_of(executed->portal);
      if (portal.drops_all) return any_open();
      return portal.deallocates ? if_open(portal.deallocates->name) : std::nullopt;
    }
    default: return std::nullopt;
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
  return own || !is_shared ? shared_.prepared.make(sql, types, reading, seeing())
                           : shared_.prepared.intern(sql, types, reading, seeing());
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

bool Session::server_has(std::string_view name, const PreparedPtr& prepared) const {
  return name.empty() ? server_->unnamed == prepared : server_->has(prepared);
}

void Session::set_unnamed(PreparedPtr prepared) {
  server_->unnamed = std::move(prepared);
  unnamed_batch_ = batch_;
}

bool Session::has_recent(const PreparedPtr& prepared, WallTime now) const {
  if (!server_->has(prepared)) return false;
  const WallTime made_at = server_->made_at(*prepared);
  return made_at <= now && now - made_at < recent && made_at > shared_.prepared.tables_changed_at();
}

// Made again where the client's parameters are others by now, it means what it would mean if prepared now: under its
// old name it would mislead who shares that.
PreparedPtr Session::made_known(std::string_view name, PreparedPtr prepared, Output& out, WallTime now) {
  const bool is_there = prepared && server_has(name, prepared);
  const Parameters::Reading& reading = own_reading_ ? own_reading_ : parameters.reading();
  if (prepared && !is_there && !prepared->deallocates && prepared->reading != reading &&
      *prepared->reading != *reading) {
    prepared = read_again(*prepared, prepared->description);
    if (Name* entry = entry_of(name)) (entry->under_way > 0 ? entry->pending : entry->confirmed) = prepared;
  }
  make_known(name, prepared, out, now);
  return prepared;
}

void Session::make_known(std::string_view name, const PreparedPtr& prepared, Output& out, WallTime now) {
  if (prepared && server_has(name, prepared)) return;
  if (!name.empty()) {
    if (!prepared) return;
    make_room_for(prepared, out, now);
    wire::postgres::append_parse(out.to_server, prepared->name, prepared->sql, prepared->types_to_make());
    expect_ours(Expect::parse, Purpose::prepare, now).prepared = prepared;
    return compare(prepared->name, prepared, out, now);
  }
  set_unnamed(prepared);
  if (prepared) {
    wire::postgres::append_parse(out.to_server, "", prepared->sql, prepared->types_to_make());
    expect_ours(Expect::parse, Purpose::prepare, now).concerns = prepared;
    exchange_.last_changes_unnamed();
    compare("", prepared, out, now);
  } else {
    // What others have left there must not be run in its place: the client has none.
    wire::postgres::append_close(out.to_server, Target::statement, "");
    expect_ours(Expect::close, Purpose::prepare, now);
    exchange_.last_changes_unnamed();
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
  server_->add(prepared, now, batch_);
  // A pipeline without an end: what was made that long ago has mostly been thrown out by the server connection.
  if (std::ssize(made_) >= most_made) made_.erase(made_.begin(), made_.begin() + most_made / 2);
  made_.push_back(prepared);
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
  server_->unnamed = unnamed_there_ = nullptr;
}

// What is prepared behind the setting of a parameter is the client's own: until the server has reported what follows
// the client, and of what is not reported as long as the client may have it. So it is beside temporary tables: a name
// may mean one of them, and the server does not look again in a session that has had some before.
void Session::read_apart(bool is_reported) {
  own_reading_ = Parameters::own_reading();
  reads_apart_ = reads_apart_ || !is_reported;
}

}  // namespace lockkeeper::track::postgres
