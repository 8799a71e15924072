// What a server answers.
#include <algorithm>
#include <array>
#include <utility>

#include "track/postgres/pin_check.hpp"
#include "track/postgres/session.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::track::postgres {
namespace {

namespace backend = wire::postgres::backend;
using model::WallTime;

constexpr std::string_view left_midway = "was left in the middle of a pipeline";
constexpr std::string_view out_of_turn = "sent what the protocol does not allow here";
constexpr std::size_t tag_head = 256;          // A command tag is a few words.
constexpr std::size_t error_head = 32 * 1024;  // Of an error: to see its code and to put a name right.
constexpr std::string_view invalid_sql_statement_name = "26000";
constexpr std::string_view query_canceled = "57014";

// "Cached plan must not change result type", and what a statement cannot mean any more: its tables have changed.
bool tells_of_other_tables(std::string_view sqlstate) noexcept {
  static constexpr std::array<std::string_view, 9> states{"0A000", "3F000", "42P01", "42702", "42703",
                                                          "42704", "42725", "42804", "42883"};
  return std::ranges::find(states, sqlstate) != states.end();
}

std::size_t frame_size(const Message& message) noexcept { return wire::postgres::header_size + message.size; }

// As PostgreSQL says it of a statement that has stayed where it was made; drivers prepare again when they hear it.
constexpr wire::postgres::Notice changed_result{.severity = "ERROR",
                                                .sqlstate = "0A000",
                                                .message = "cached plan must not change result type",
                                                .routine = "RevalidateCachedQuery"};

}  // namespace

std::size_t Session::wanted_from_server(char type, std::uint32_t size) const noexcept {
  switch (type) {
    case backend::ready_for_query: return size;
    case backend::command_complete: return std::min<std::size_t>(size, tag_head);
    case backend::error:
    case backend::notice:
    case backend::notification:  // What we say ourselves must not come into the middle of it.
    case backend::parameter_status: return std::min<std::size_t>(size, error_head);
    case backend::data_row:
      if (!exchange_.empty() && exchange_.front().purpose == Purpose::pin_check)
        return std::min<std::size_t>(size, error_head);
      return 0;
    case backend::parameter_description:
    case backend::row_description: return wants_description() && size <= most_held ? size : 0;
    default: return 0;
  }
}

bool Session::swallows() const noexcept {
  return abandoned_ || (!exchange_.empty() && exchange_.front().purpose != Purpose::client);
}

Step Session::pass(const Message& message) const noexcept { return {.skip = swallows() ? frame_size(message) : 0}; }

Step Session::server(const Message& message, Output& out, WallTime now) {
  Step step = pass(message);
  switch (message.type) {
    case backend::data_row:
      if (step.skip == 0) {
        recorder_.row(message.size);
      } else {
        read_pin_check_row(message);
      }
      return step;
    case backend::ready_for_query: return ready(message, out, now);
    case backend::command_complete: {
      const Step done = command_complete(message, now);
      return {.skip = step.skip, .broken = done.broken};
    }
    case backend::error: return error(message, out, now);
    case backend::parse_complete: return reply(Expect::parse, now);
    case backend::bind_complete: return reply(Expect::bind, now);
    case backend::close_complete: return reply(Expect::close, now);
    case backend::row_description:
    case backend::no_data:
      if (exchange_.empty() || exchange_.front().kind != Expect::describe) return step;
      described(message);
      return reply(Expect::describe, now);
    case backend::parameter_description:
      if (wants_description() && message.whole()) described_types_ = message.body;
      return step;
    case backend::empty_query:
    case backend::portal_suspended:
      if (!exchange_.empty() && exchange_.front().kind == Expect::execute) {
        if (message.type == backend::portal_suspended) suspended(exchange_.front());
        recorder_.ended(exchange_.front(), now);
        return reply(Expect::execute, now);
      }
      return step;
    case backend::copy_in:
    case backend::copy_both: return begin_copy_in(out);
    case backend::parameter_status: return parameter(message);
    case backend::notice: return notice(message, now);
    case backend::copy_data: recorder_.row(message.size); return step;
    case backend::copy_out:
    case backend::copy_done:
    case backend::function_result: return step;
    case backend::notification: return {.skip = abandoned_ ? frame_size(message) : 0};
    default: return {.broken = out_of_turn};
  }
}

void Session::pop_answered() {
  exchange_.pop();
  if (exchange_.unnamed_changes() == 0) server_->unnamed = unnamed_there_;
}

// A reply that is the last of its message.
Step Session::reply(Expect kind, WallTime now) {
  static_cast<void>(now);
  if (exchange_.empty() || exchange_.front().kind != kind) return {.broken = out_of_turn};
  Expected& expected = exchange_.front();
  const bool ours = swallows();
  // The server took a name that was to be refused: what it has by that name is not what we think.
  if (kind == Expect::parse && expected.by_stand_in && !ours)
    return {.broken = "has other prepared statements than is known"};
  if (expected.purpose == Purpose::client && expected.changes_name) confirm(expected.name, expected.prepared);
  if (kind == Expect::close && expected.portal) portals_.erase(expected.name);
  if (kind == Expect::parse && !expected.changes_unnamed && expected.prepared)
    server_->confirm(*expected.prepared, expected.batch);
  if (expected.changes_unnamed) unnamed_there_ = expected.concerns ? expected.concerns : expected.prepared;
  revert_drops(expected);
  pop_answered();
  // Every reply of this kind is a bare header, but for those of Describe.
  return {.skip = ours ? SIZE_MAX : 0};
}

Step Session::command_complete(const Message& message, WallTime now) {
  if (exchange_.empty()) return {.broken = out_of_turn};
  const auto tag = wire::postgres::decode_command_complete(message.body);
  Expected& expected = exchange_.front();
  syncs_in_copy_ = 0;
  if (tag && expected.purpose == Purpose::client) {
    deallocated(expected, tag->command);
    recorder_.command(expected, *tag, now);
  }
  if (expected.kind == Expect::execute) {
    // Read to its end.
    if (expected.name.empty()) unnamed_portal_.suspended = false;
    if (const auto found = portals_.find(expected.name); found != portals_.end()) found->second.suspended = false;
    revert_drops(expected);  // What was run is not what it was taken for.
    pop_answered();
  }
  return {};
}

Step Session::begin_copy_in(Output& out) {
  if (exchange_.empty()) return {.broken = out_of_turn};
  const Exchange::CopyBegun begun = exchange_.begin_copy();
  copy_in_ = !begun.is_ended;
  syncs_in_copy_ = begun.syncs;
  // The Sync that the client sent behind it is none any more.
  unsynced_ = unsynced_ || (begun.syncs > 0 && !exchange_.back().ends_with_ready());
  if (abandoned_ && copy_in_) fail_copy(out);
  if (abandoned_ && unsynced_) return {.broken = left_midway};
  return {.skip = swallows() ? SIZE_MAX : 0};
}

Step Session::parameter(const Message& message) {
  const auto status = wire::postgres::decode_parameter_status(message.body);
  if (!status) return {.broken = out_of_turn};
  server_->parameters.set(status->name, status->value);
  // What it has asked for, in the server's own words: or it would be set before each of its transactions.
  const bool is_set_by_us = !exchange_.empty() && exchange_.front().purpose == Purpose::parameters;
  if (is_set_by_us && follows_client(status->name)) parameters.set(status->name, status->value);
  if (abandoned_ && decides_reading(status->name)) {
    for (const PreparedPtr& made : made_) server_->remove(*made);
  }
  if (swallows()) return {.skip = frame_size(message)};
  const Parameters::Reading before = parameters.reading();
  parameters.set(status->name, status->value);
  if (rewrites() && *parameters.reading() != *before) read_made_again();
  learn_application();
  return {};
}

Step Session::notice(const Message& message, WallTime now) {
  const Step step = pass(message);
  if (step.skip != 0) return step;
  if (const auto notice = wire::postgres::decode_notice(message.body)) {
    recorder_.notice(notice->sqlstate, exchange_.empty() ? nullptr : &exchange_.front(), now);
  }
  return step;
}

Step Session::error(const Message& message, Output& out, WallTime now) {
  const auto error = wire::postgres::decode_notice(message.body);
  Step step = pass(message);
  step.server_ends = !error || error->fatal();
  described_types_.clear();
  if (exchange_.empty()) {  // Nobody asked: the server closes the connection, and says why.
    if (!step.server_ends) step.broken = out_of_turn;
    return step;
  }
  Expected& expected = exchange_.front();
  const bool is_changed = expected.changed && error && error->sqlstate == invalid_sql_statement_name && !abandoned_;
  if (is_changed) {
    // The server describes the parameters before it looks at the result.
    if (expected.concerns && !expected.concerns->description.types.empty()) {
      wire::postgres::append_message(out.to_client, backend::parameter_description,
                                     expected.concerns->description.types);
    }
    wire::postgres::append_error(out.to_client, changed_result);
    step.skip = frame_size(message);
  }
  if (expected.purpose == Purpose::client)
    recorder_.failed(&expected, is_changed ? changed_result.sqlstate : error ? error->sqlstate : "XX000", now);
  // A statement that could not be made again is the client's affair: it hears what the server says of it.
  if (expected.purpose == Purpose::prepare && !abandoned_) step.skip = 0;
  if (expected.kind == Expect::query && expected.purpose == Purpose::clean_up) step.broken = "could not be made clean";
  if (expected.kind == Expect::query && expected.purpose == Purpose::parameters && error) {
    // What the server would have said at a login of the client's own.
    auto fatal = *error;
    fatal.severity = "FATAL";
    wire::postgres::append_error(out.to_client, fatal);
    step.server_ends = true;
    step.broken = "does not take the parameters that its client has";
  }
  if (expected.purpose == Purpose::pin_check) {
    pins_ = {"session state that could not be looked at"};
    suspect_ = suspect_ || (error && error->sqlstate == query_canceled && !std::exchange(asked_again_, true));
  }
  if (step.skip == 0 && (expected.by_stand_in || expected.prepared) && message.whole() && rewrites()) {
    const std::string_view its_name = expected.by_stand_in ? stand_in : std::string_view(expected.prepared->name);
    const std::string& name = expected.deallocates ? expected.deallocates->name : expected.name;
    wire::postgres::append_error_renamed(out.to_client, message.body, its_name, name);
    step.skip = frame_size(message);
  }
  if (expected.prepared && error && rewrites()) {
    const bool has_changed = tells_of_other_tables(error->sqlstate);
    // Gone without our knowing (DEALLOCATE within a function): made again when it is used next. So is what may be older
    // than its client was told; of what nobody was told anything, the server alone knows what it was.
    const bool may_be_older = has_changed && expected.prepared->description.known();
    if (may_be_older || error->sqlstate == invalid_sql_statement_name) forget(*expected.prepared);
    // Who prepares the text from now on gets a statement of today's.
    if (has_changed) shared_.prepared.retire(*expected.prepared);
  }
  // It may have failed before it read them: then they are answered.
  uncertain_ = uncertain_ || std::exchange(syncs_in_copy_, 0) > 0;
  copy_in_ = false;
  revert_drops(expected);
  if (expected.ends_with_ready()) return step;
  std::vector<Expected> skipped;
  if (!exchange_.skip_to_sync(skipped)) skipping_ = true;
  undo(skipped);
  return step;
}

Step Session::ready(const Message& message, Output& out, WallTime now) {
  const auto status = wire::postgres::decode_ready(message.body);
  if (!status) return {.broken = out_of_turn};
  Step step = pass(message);
  server_->status = *status;
  std::uint64_t answered_batch = 0;
  if (*status == Status::idle && std::exchange(changes_tables_, false)) shared_.prepared.tables_have_changed(now);
  if (exchange_.empty()) {
    // The answer to a Sync that a COPY might have read and has not.
    if (!uncertain_) return {.broken = out_of_turn};
    skipping_ = unsynced_ = false;
  } else if (exchange_.front().purpose == Purpose::probe && exchange_.front().kind == Expect::close) {
    // The same, and the probe is still to be answered.
    skipping_ = unsynced_ = false;
    return {.skip = abandoned_ ? frame_size(message) : 0};
  } else if (!exchange_.front().ends_with_ready()) {
    return {.broken = out_of_turn};
  } else {
    Expected& expected = exchange_.front();
    revert_drops(expected);  // What has not come.
    step.answered = expected.purpose == Purpose::client;
    answered_batch = expected.batch;
    if (expected.purpose == Purpose::probe) uncertain_ = false;
    if (step.answered && expected.drops_unnamed) confirm("", nullptr);
    if (step.answered || expected.purpose == Purpose::clean_up) {
      recorder_.ready(*status, expected, now);
      status_ = *status;
    }
    if (expected.changes_unnamed) unnamed_there_ = nullptr;
    pop_answered();
  }
  if (step.answered) {
    state_since_ = now;
    step.transaction_over = status_ == Status::idle;
    if (step.transaction_over) end_portals(answered_batch);
  }
  settle(step, out, now);
  return step;
}

// Nothing is outstanding: is the server connection free?
void Session::settle(Step& step, Output& out, WallTime now) {
  if (!idle()) return;
  made_.clear();
  if (!reads_apart_) own_reading_ = nullptr;
  if (uncertain_) {
    // Changes nothing, and its first answer is none that a Sync has.
    wire::postgres::append_close(out.to_server, wire::postgres::Target::statement, "lockkeeper_probe");
    expect_ours(Expect::close, Purpose::probe, now);
    wire::postgres::append_sync(out.to_server);
    expect_ours(Expect::sync, Purpose::probe, now);
    return;
  }
  if (abandoned_) return follow_up_abandoned(step, out, now);
  if (!rewrites() || status_ != Status::idle) return;
  if (suspect_) {
    suspect_ = false;
    ask_for_pins(out, now);
    return;
  }
  step.released = pins_.empty() && pins_for_good_.empty();
}

// There are more rows: until they are fetched, or the portal is closed, it is open.
void Session::suspended(const Expected& expected) {
  Portal* portal = &unnamed_portal_;
  if (!expected.name.empty()) {
    const auto found = portals_.find(expected.name);
    if (found == portals_.end()) return;
    portal = &found->second;
  }
  portal->suspended = true;
  portal->rows += recorder_.rows();
}

// With its transaction, which has ended with this batch. Those of later ones are of a transaction to come.
void Session::end_portals(std::uint64_t batch) {
  const auto is_over = [&](const Portal& portal) { return portal.batch <= batch; };
  std::erase_if(portals_, [&](const auto& each) { return is_over(each.second); });
  if (is_over(unnamed_portal_)) unnamed_portal_ = {};
}

void Session::fail_copy(Output& out) {
  wire::postgres::append_copy_fail(out.to_server, "the client has gone");
  copy_in_ = false;
}

Step Session::abandon(model::TransactionEnd end, Output& out, WallTime now) {
  abandoned_ = true;
  Step step;
  if (!linked()) return step;
  if (copy_in_) fail_copy(out);
  if (unsynced_ && !skipping_) {
    // A Sync would commit what the client has not: as when it leaves a server itself, this is rolled back.
    recorder_.gone(end, now);
    step.broken = left_midway;
    return step;
  }
  if (skipping_) {
    skipping_ = unsynced_ = false;
    wire::postgres::append_sync(out.to_server);
    expect_ours(Expect::sync, Purpose::clean_up, now);
  }
  recorder_.gone(commit_under_way() ? model::TransactionEnd::unknown : end, now);
  settle(step, out, now);
  return step;
}

void Session::follow_up_abandoned(Step& step, Output& out, WallTime now) {
  if (!rewrites()) {  // Its own connection is closed with it, and the server rolls back.
    step.released = true;
    return;
  }
  if (server_->status != Status::idle) {
    wire::postgres::append_query(out.to_server, "ROLLBACK");
    expect_ours(Expect::query, Purpose::clean_up, now);
    server_->unnamed = nullptr;
    return;
  }
  if (suspect_) return ask_for_pins(out, now);
  if (!pins_for_good_.empty() || (cleaned_ && !pins_.empty())) {  // Nothing takes it away.
    step.broken = "holds state that nothing takes away";
    return;
  }
  if (!pins_.empty()) {
    cleaned_ = suspect_ = true;  // And looked at again.
    wire::postgres::append_query(out.to_server, clean_up_sql(state_.get(), state_ && state_->standby));
    expect_ours(Expect::query, Purpose::clean_up, now);
    server_->unnamed = nullptr;
    return;
  }
  step.released = true;
}

void Session::lost_server(model::TransactionEnd end, WallTime now) {
  recorder_.gone(commit_under_way() ? model::TransactionEnd::unknown : end, now);
  unlink();
}

}  // namespace lockkeeper::track::postgres
