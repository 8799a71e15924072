// What a client says.
#include <algorithm>
#include <utility>

#include "track/postgres/bound_values.hpp"
#include "track/postgres/session.hpp"
#include "track/statement.hpp"
#include "track/unit.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::track::postgres {
namespace {

namespace frontend = wire::postgres::frontend;
using model::WallTime;
using wire::postgres::Target;

// Names and the beginning of the parameters: enough to know what runs, and to tell small parameters from others.
constexpr std::size_t bind_head = 8 * 1024;
// A statement's shape is taken from its first 64 KiB.
constexpr std::size_t text_head = 64 * 1024;
// Open at the same time and told of; a client that has more is recorded without the others.
constexpr std::size_t most_portals = 256;
// As much as a client that never closes any statement may make us hold.
constexpr std::size_t most_names = 65'536;

Step refuse(std::string_view why) { return {.refused = why}; }

std::size_t whole(const Message& message) noexcept { return wire::postgres::header_size + message.size; }

// How much of the message the names at its beginning take, its header included.
std::size_t names_end(const Message& message, std::string_view last_name) noexcept {
  return wire::postgres::header_size +
         static_cast<std::size_t>(last_name.data() + last_name.size() + 1 - message.body.data());
}

}  // namespace

std::size_t Session::wanted_from_client(char type, std::uint32_t size) const noexcept {
  switch (type) {
    case frontend::query: return std::min<std::size_t>(size, text_head);
    case frontend::parse: return rewrites() && size <= most_held ? size : std::min<std::size_t>(size, text_head);
    case frontend::bind: return std::min<std::size_t>(size, bind_head);
    case frontend::describe:
    case frontend::close:
    case frontend::execute: return std::min<std::size_t>(size, bind_head);
    default: return 0;
  }
}

bool Session::needs_server(const Message& message) const noexcept {
  if (linked()) return false;
  switch (message.type) {
    case frontend::terminate:
    case frontend::flush:
    case frontend::copy_data:
    case frontend::copy_done:
    case frontend::copy_fail:
    case frontend::sync: return false;
    default: return true;
  }
}

Step Session::without_server(const Message& message, Output& out) const {
  // A Sync that nothing was sent before is answered by any server alike; COPY data without a COPY is ignored by all.
  if (message.type == frontend::sync) wire::postgres::append_ready(out.to_client, Status::idle);
  return {.skip = whole(message), .answered = message.type == frontend::sync};
}

Step Session::client(const Message& message, Output& out, WallTime now) {
  if (message.type == frontend::terminate) return {.skip = whole(message), .said_goodbye = true};
  if (!linked()) return without_server(message, out);
  if (holds_client()) return {.held = true};
  if (hold_ == Hold::description || hold_ == Hold::name) hold_ = Hold::none;  // Or an error: it is to be skipped, too.
  if (std::exchange(ends_batch_, false)) ++batch_;
  if (auto name = exchange_.batches() > 0 && !copy_in_ ? open_name(message) : std::nullopt) {
    hold_ = Hold::name;
    held_name_ = *std::move(name);
    return {.held = true};
  }
  if (idle()) state_since_ = now;
  if (exchange_.size() >= Exchange::most_outstanding)
    return refuse("more unanswered messages than can be kept track of");
  switch (message.type) {
    case frontend::parse:
    case frontend::bind:
    case frontend::describe:
    case frontend::execute:
    case frontend::close: unsynced_ = true; break;
    case frontend::query:
    case frontend::function_call: unsynced_ = unsynced_ && skipping_; break;
    default: break;
  }
  switch (message.type) {
    case frontend::query: return query(message, out, now);
    case frontend::parse: return parse(message, out, now);
    case frontend::bind: return bind(message, out, now);
    case frontend::describe: return describe(message, out, now);
    case frontend::close: return close(message, out, now);
    case frontend::execute: return execute(message, out, now);
    case frontend::sync: return sync(message, out, now);
    case frontend::function_call:
      if (skipping_) return {};
      suspect_ = suspect_ || rewrites();  // It may be any function: pg_advisory_lock, set_config.
      fresh_ = false;
      expect(Expect::function_call, now);
      return {};
    case frontend::copy_data:
    case frontend::copy_done:
    case frontend::copy_fail: return copy(message);
    case frontend::flush: return {};
    default: return refuse("unknown message type");
  }
}

Expected& Session::expect(Expect kind, WallTime now) {
  Expected& expected = exchange_.push({.kind = kind, .sent_at = now, .batch = batch_});
  ends_batch_ = expected.ends_with_ready();
  return expected;
}

Expected& Session::expect_ours(Expect kind, Purpose purpose, WallTime now) {
  return exchange_.push({.kind = kind, .purpose = purpose, .sent_at = now, .batch = batch_});
}

// What the server says of it is the answer: it reads the same bytes, and refuses them.
Step Session::malformed(Expect kind, WallTime now) {
  expect(kind, now);
  return {};
}

Step Session::query(const Message& message, Output& out, WallTime now) {
  if (skipping_) return {};
  std::string_view sql = message.body;
  if (message.whole()) {
    const auto decoded = wire::postgres::decode_query(message.body);
    if (!decoded) return malformed(Expect::query, now);
    sql = decoded->sql;
  }
  const Seen& seen = seeing()(sql, !message.whole());
  if (rewrites() && seen.traits.deallocate_name() && message.whole()) return deallocate(message, seen, out, now);
  if (model::UnitId unit = unit_of(sql, seeing().options()); !unit.value().empty()) recorder_.unit(unit);
  note_traits(*seen.statement, seen.traits, sql, out, now);
  Expected& expected = expect(Expect::query, now);
  expected.statement = as_written(seen.statement, sql);
  if (settings_.parameters && message.whole()) expected.parameters = text_hash(sql);
  if (drops_all(seen.traits)) drop_all(expected);
  drop_unnamed(expected);
  return {};
}

model::StatementPtr Session::as_written(const model::StatementPtr& statement, std::string_view sql) const {
  if (!settings_.keep_literals || !settings_.record) return statement;
  return with_literals(*statement, sql);
}

// The server drops its unnamed statement with every simple query, whatever its text.
void Session::drop_unnamed(Expected& expected) {
  server_->unnamed = nullptr;
  if (!unnamed_.confirmed && unnamed_.under_way == 0) return;
  expected.drops_unnamed = true;
  change("", nullptr);
}

Step Session::parse(const Message& message, Output& out, WallTime now) {
  if (message.size > most_held && rewrites()) return refuse("a Parse message of more than 16 MiB in transaction mode");
  if (skipping_) return {};
  if (!message.whole()) {  // Session mode: the text's beginning is enough.
    const std::size_t name_end = message.body.find('\0');
    if (name_end == std::string_view::npos) return malformed(Expect::parse, now);
    const std::string_view sql = message.body.substr(name_end + 1);
    Expected& expected = expect(Expect::parse, now);
    expected.name = message.body.substr(0, name_end);
    expected.changes_name = true;
    const Seen& seen = seeing()(sql, true);
    auto prepared = std::make_shared<Prepared>();
    prepared->statement = seen.statement;
    prepared->traits = seen.traits;
    change(message.body.substr(0, name_end), std::move(prepared));
    return {};
  }
  const auto parsed = wire::postgres::decode_parse(message.body);
  if (!parsed) return malformed(Expect::parse, now);
  if (model::UnitId unit = unit_of(parsed->sql, seeing().options()); !unit.value().empty()) recorder_.unit(unit);
  if (rewrites() && !parsed->name.empty()) return parse_named(message, *parsed, out, now);
  static const std::string renamed = "DEALLOCATE " + std::string(stand_in);
  DeallocationPtr deallocates = rewrites() ? deallocation_by(parsed->sql) : nullptr;
  const bool is_renamed = deallocates && deallocates->by_stand_in;
  const std::string_view sql = is_renamed ? renamed : parsed->sql;
  PreparedPtr prepared =
      deallocates ? shared_.prepared.make(sql, parsed->types, parameters.reading(), seeing(), std::move(deallocates))
                  : read_now(sql, parsed->types);
  // What others were told of it might not be true any more of what is made now.
  if (rewrites() && prepared->description.known()) prepared = read_now(sql, parsed->types, false);
  if (rewrites()) keep_draws_apart(prepared->traits, out, now);
  Expected& expected = expect(Expect::parse, now);
  expected.name = parsed->name;
  expected.prepared = prepared;
  expected.changes_name = true;
  if (parsed->name.empty()) {
    set_unnamed(prepared);
    exchange_.last_changes_unnamed();
  }
  change(parsed->name, std::move(prepared));
  if (!is_renamed) return {};
  wire::postgres::append_parse(out.to_server, "", renamed, parsed->types);
  return {.skip = whole(message)};
}

Step Session::parse_named(const Message& message, const wire::postgres::Parse& parsed, Output& out, WallTime now) {
  if (!settings_.named_statements)
    return refuse("named prepared statements are off in transaction mode (max_prepared_statements = 0)");
  if (names_.size() >= most_names) return refuse("more than 65,536 prepared statements of one client");
  PreparedPtr prepared = read_now(parsed.sql, parsed.types);
  keep_draws_apart(prepared->traits, out, now);
  if (find(parsed.name)) {
    // A name that is taken: the server itself refuses it.
    make_stand_in(true, out, now);
    Expected& expected = expect(Expect::parse, now);
    expected.by_stand_in = true;
    expected.name = parsed.name;
    wire::postgres::append_parse(out.to_server, stand_in, parsed.sql, parsed.types);
    return {.skip = whole(message)};
  }
  if (exchange_.empty() && server_->status != Status::failed && has_recent(prepared, now)) {
    // Another client's, or an earlier use: it is there, and nothing stands before the answer.
    names_[std::string(parsed.name)].confirmed = std::move(prepared);
    wire::postgres::append_parse_complete(out.to_client);
    return {.skip = whole(message)};
  }
  // What was asked before may fail, and then this must not have happened: so the server does it, be it again.
  make_room_for(prepared, out, now);
  Expected& expected = expect(Expect::parse, now);
  expected.prepared = prepared;
  expected.name = parsed.name;
  expected.changes_name = true;
  wire::postgres::append_parse(out.to_server, prepared->name, parsed.sql, parsed.types);
  change(parsed.name, prepared);
  compare(prepared->name, prepared, out, now, parsed.name);
  return {.skip = whole(message)};
}

Step Session::bind(const Message& message, Output& out, WallTime now) {
  if (skipping_) return {};
  const auto bound = wire::postgres::decode_bind(message.body);
  if (!bound) return malformed(Expect::bind, now);
  const Hold held = std::exchange(hold_, Hold::none);
  if (held == Hold::changed) return refuse_changed(Expect::bind, bound->statement, message, out, now);
  PreparedPtr prepared = find(bound->statement);
  std::size_t skip = 0;
  const DeallocationPtr deallocates = prepared ? prepared->deallocates : nullptr;
  if (prepared && held == Hold::none) note_traits(*prepared->statement, prepared->traits, prepared->sql, out, now);
  if (rewrites()) {
    prepared = made_known(bound->statement, std::move(prepared), out, now);
    if (held == Hold::none && hold(prepared, out)) return {.held = true};
    const std::string_view name = server_name(bound->statement, prepared);
    if (name != bound->statement) {
      skip = names_end(message, bound->statement);
      wire::postgres::append_bind_head(out.to_server, bound->portal, name, whole(message) - skip);
    }
  }
  Expected& expected = expect(Expect::bind, now);
  expected.name = bound->statement;
  expected.prepared = prepared;
  Portal portal{.opened_at = now, .batch = batch_};
  if (prepared) {
    portal.statement = deallocates ? deallocates->statement : as_written(prepared->statement, prepared->sql);
    portal.deallocates = deallocates;
    portal.drops_all = drops_all(prepared->traits);
    if (rewrites() && !bound->statement.empty() && is_comparable(*prepared) && !prepared->description.known())
      portal.described = prepared;
  }
  if (settings_.parameters && message.whole())
    portal.parameters = parameters_hash(bound->parameters, prepared ? prepared->text : 0);
  if (bound->portal.empty()) {
    unnamed_portal_ = std::move(portal);
  } else if (portals_.size() < most_portals || portals_.contains(bound->portal)) {
    portals_.insert_or_assign(std::string(bound->portal), std::move(portal));
  }
  return {.skip = skip};
}

Step Session::describe(const Message& message, Output& out, WallTime now) {
  if (skipping_) return {};
  const auto described = wire::postgres::decode_describe(message.body);
  if (!described) return malformed(Expect::describe, now);
  const bool portal = described->target == Target::portal;
  const Hold held = std::exchange(hold_, Hold::none);
  if (held == Hold::changed) return refuse_changed(Expect::describe, described->name, message, out, now);
  PreparedPtr prepared = portal ? nullptr : find(described->name);
  std::size_t skip = 0;
  if (rewrites() && !portal) {
    prepared = made_known(described->name, std::move(prepared), out, now);
    if (held == Hold::none && hold(prepared, out)) return {.held = true};
    const std::string_view name = server_name(described->name, prepared);
    if (name != described->name) {
      skip = whole(message);
      wire::postgres::append_describe(out.to_server, Target::statement, name);
    }
  }
  Expected& expected = expect(Expect::describe, now);
  expected.name = described->name;
  expected.portal = portal;
  expected.prepared = prepared;
  if (portal) {
    expected.concerns = portal_of(described->name).described;
  } else if (rewrites() && prepared && is_comparable(*prepared)) {
    expected.concerns = prepared;
  }
  return {.skip = skip};
}

// A statement that others share stays on the server: there the client's own name is unknown, which Close does not mind.
// One of ours must not be meant by it.
Step Session::close(const Message& message, Output& out, WallTime now) {
  if (skipping_) return {};
  const auto closed = wire::postgres::decode_close(message.body);
  if (!closed) return malformed(Expect::close, now);
  Expected& expected = expect(Expect::close, now);
  expected.name = closed->name;
  expected.portal = closed->target == Target::portal;
  if (expected.portal) return {};
  expected.changes_name = true;
  change(closed->name, nullptr);
  if (closed->name.empty()) {
    server_->unnamed = nullptr;
    exchange_.last_changes_unnamed();
  }
  if (!rewrites()) return {};
  const std::string_view name = server_name(closed->name, nullptr);
  if (name == closed->name) return {};
  wire::postgres::append_close(out.to_server, Target::statement, name);
  return {.skip = whole(message)};
}

Step Session::execute(const Message& message, Output& out, WallTime now) {
  if (skipping_) return {};
  const auto executed = wire::postgres::decode_execute(message.body);
  if (!executed) return malformed(Expect::execute, now);
  const Portal& portal = portal_of(executed->portal);
  const bool by_stand_in = portal.deallocates && portal.deallocates->by_stand_in;
  const bool is_there = by_stand_in && find(portal.deallocates->name) != nullptr;
  if (by_stand_in) make_stand_in(is_there, out, now);
  Expected& expected = expect(Expect::execute, now);
  expected.name = executed->portal;
  expected.statement = portal.statement;
  expected.parameters = portal.parameters;
  expected.deallocates = portal.deallocates;
  if (portal.drops_all) drop_all(expected);
  expected.by_stand_in = by_stand_in;
  if (is_there) drop({portal.deallocates->name}, expected);
  expected.continues = portal.suspended;
  return {};
}

// One that is not known is as one that nothing was bound to.
const Session::Portal& Session::portal_of(std::string_view name) const {
  static const Portal none;
  if (name.empty()) return unnamed_portal_;
  const auto found = portals_.find(name);
  return found == portals_.end() ? none : found->second;
}

Step Session::sync(const Message& message, Output& out, WallTime now) {
  static_cast<void>(message);
  static_cast<void>(out);
  if (copy_in_) {  // Read by the COPY, and not answered.
    ++syncs_in_copy_;
    return {};
  }
  skipping_ = unsynced_ = false;
  expect(Expect::sync, now);
  return {};
}

Step Session::copy(const Message& message) noexcept {
  if (message.type == frontend::copy_data) return {};
  // Sent before the server has said that it begins to read: then it will read these first.
  if (!copy_in_) exchange_.note_copy_end();
  copy_in_ = false;
  return {};
}

}  // namespace lockkeeper::track::postgres
