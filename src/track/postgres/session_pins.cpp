// What pins a client to its server connection: the suspicion by a statement's text, the question, the answer.
#include <algorithm>
#include <array>
#include <utility>

#include "track/postgres/pin_check.hpp"
#include "track/postgres/session.hpp"
#include "track/postgres/traits_set_config.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::track::postgres {

using model::WallTime;

namespace {

// What follows the client by itself is not asked about. The usual question is made once.
std::string session_state_question(const std::vector<std::string>& custom) {
  static const std::string usual = pin_check_sql(parameters_that_follow());
  if (custom.empty()) return usual;
  return pin_check_sql(parameters_that_follow(), custom);
}

// Of a SET LOCAL.
bool may_set_reading(std::string_view statement) {
  static constexpr std::array<std::string_view, 7> names{
      "client_encoding", "names", "datestyle", "intervalstyle", "standard_conforming_strings", "timezone", "time zone"};
  const auto is_same = [](char left, char right) { return (left | 0x20) == (right | 0x20); };
  return std::ranges::any_of(
      names, [&](std::string_view name) { return !std::ranges::search(statement, name, is_same).empty(); });
}

}  // namespace

// What may leave state behind, or may take away what was left: the server is asked once the transaction is over.
void Session::note_traits(const model::Statement& statement, const Traits& traits, std::string_view sql, Output& out,
                          WallTime now) {
  if (!rewrites()) return;
  if (traits.has_any(makes_state & ~traits_mask(Trait::set_session))) suspect_ = true;
  const bool sets_own = traits.has(Trait::set_session) && !std::ranges::all_of(traits.parameters(), follows_client);
  suspect_ = suspect_ || sets_own;
  if (traits.has_any(unmakes_state)) {
    // What is being asked about just now may be gone when the answer comes.
    const auto asks = [](const Expected& each) { return each.purpose == Purpose::pin_check; };
    suspect_ = suspect_ || !pins_.empty() || std::ranges::any_of(exchange_, asks);
  }
  note_custom_parameters(traits, sql);
  // It follows its client only where the server reports it: from PostgreSQL 14 on.
  constexpr std::string_view read_only = "default_transaction_read_only";
  if (std::ranges::find(traits.parameters(), read_only) != traits.parameters().end() &&
      !server_->parameters.find(read_only))
    pin_for_good("SET default_transaction_read_only");
  // What the server cannot be asked about stays for good.
  if (traits.has(Trait::load)) pin_for_good("LOAD");
  if (traits.has(Trait::untold)) pin_for_good("what a function keeps: a backup, a connection, a seed");
  keep_draws_apart(traits, out, now);
  using enum sql::StatementKind;
  const auto kind = statement.kind;
  if (traits.has(Trait::set_session)) note_set(traits.parameters());
  if (traits.has(Trait::temporary)) read_apart(false);
  changes_tables_ = changes_tables_ || (kind == ddl && !traits.has(Trait::temporary));
  if (kind == set && !traits.has(Trait::set_session) && may_set_reading(statement.text)) read_apart(true);
  if (kind != begin && kind != set && kind != show && kind != savepoint) fresh_ = false;
}

// currval and lastval would tell what another client's statement drew: now they say that there is nothing. That takes
// its own draws too, so it must be before anything of the client's has run; and with a simple query, which a server
// takes for one only where nothing that may fail stands before it. A client that has asked once will ask again, then
// perhaps within a transaction: so all of its transactions begin like that.
void Session::keep_draws_apart(const Traits& traits, Output& out, WallTime now) {
  asks_for_draws_ = asks_for_draws_ || traits.has(Trait::sequence_value);
  if (!asks_for_draws_ || !fresh_ || server_->status == Status::failed || answers_client()) return;
  wire::postgres::append_query(out.to_server, "DISCARD SEQUENCES");
  expect_ours(Expect::query, Purpose::parameters, now);
  server_->unnamed = nullptr;
  fresh_ = false;
}

// Parameters with a dot in their name that no extension knows (my.tenant) are not in the server's list: they are asked
// for by name.
void Session::note_custom_parameters(const Traits& traits, std::string_view sql) {
  const auto note = [&](const std::string& name) {
    if (!name.contains('.') || std::ranges::find(custom_, name) != custom_.end()) return;
    if (custom_.size() >= most_pin_names) return pin_for_good("more parameters of its own than can be asked for");
    custom_.push_back(name);
  };
  if (traits.has(Trait::set_session)) std::ranges::for_each(traits.parameters(), note);
  if (!traits.has(Trait::set_config)) return;
  const ConfigCalls calls = config_calls(sql, seeing().backslashes);
  std::ranges::for_each(calls.session, note);
  note_set(calls.session);
  if (std::ranges::any_of(calls.local, decides_reading)) read_apart(true);
  if (!calls.unknown) return;
  read_apart(false);
  pin_for_good("set_config of a name that the text does not show");
}

void Session::note_set(std::span<const std::string> names) {
  const auto is_own = [](const std::string& name) { return !follows_client(name) && !name.contains('.'); };
  if (std::ranges::any_of(names, is_own)) return read_apart(false);
  if (std::ranges::any_of(names, decides_reading)) read_apart(true);
}

void Session::pin_for_good(std::string_view reason) {
  if (std::ranges::find(pins_for_good_, reason) == pins_for_good_.end()) pins_for_good_.emplace_back(reason);
}

void Session::ask_for_pins(Output& out, WallTime now) {
  suspect_ = false;
  const std::string question = session_state_question(custom_);
  wire::postgres::append_query(out.to_server, server_->fresh.role ? question : question + std::string(fresh_role_sql));
  expect_ours(Expect::query, Purpose::pin_check, now);
  server_->unnamed = nullptr;
}

void Session::read_pin_check_row(const Message& message) {
  if (exchange_.empty() || exchange_.front().purpose != Purpose::pin_check) return;
  std::array<std::optional<std::string_view>, 1> role;
  std::array<std::optional<std::string_view>, pin_check_cells> cells;
  if (message.whole() && wire::postgres::decode_data_row(message.body, role)) {
    server_->fresh.role = role.front().value_or("none");
  } else {
    state_ = nullptr;
    if (message.whole() && wire::postgres::decode_data_row(message.body, cells)) {
      if (auto state = read_pin_check(cells)) state_ = std::make_unique<SessionState>(*std::move(state));
    }
    if (state_) asked_again_ = false;
    if (state_) note_set(state_->parameters);  // By a function, say.
    if (state_ && state_->temporary_tables + state_->temporary_others > 0) read_apart(false);
  }
  pins_ = state_ ? pin_reasons(*state_, server_->fresh)
                 : std::vector<std::string>{"session state that could not be looked at"};
}

}  // namespace lockkeeper::track::postgres
