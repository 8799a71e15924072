#include "track/postgres/session.hpp"

#include <algorithm>
#include <utility>

#include "wire/postgres/frontend.hpp"

namespace lockkeeper::track::postgres {

using model::WallTime;

namespace {

// A string literal that means the same whatever standard_conforming_strings is.
std::string quoted(std::string_view text) {
  std::string result = "E'";
  for (const char each : text) {
    if (each == '\'' || each == '\\') result += each;
    result += each;
  }
  return result + "'";
}

}  // namespace

Session::Session(const SessionSettings& settings, Shared shared, std::shared_ptr<const model::ClientIdentity> who)
    : settings_(settings),
      shared_(shared),
      who_(std::move(who)),
      recorder_(who_, shared.facts, settings.record),
      state_since_(who_->connected_at) {}

void Session::link(Server& server, const model::SessionId& id, std::string local_endpoint, Output& out, WallTime now) {
  server_ = &server;
  server_id_ = id;
  server_endpoint_ = std::move(local_endpoint);
  linked_at_ = now;
  fresh_ = true;
  recorder_.use(id);
  unnamed_there_ = server.unnamed;
  if (!rewrites()) return;
  std::string calls;
  for (const auto& [name, value] : parameters.missing_on(server.parameters)) {
    calls += calls.empty() ? "SELECT " : ", ";
    calls += "pg_catalog.set_config(" + quoted(name) + ", " + quoted(value) + ", false)";
  }
  if (calls.empty()) return;
  wire::postgres::append_query(out.to_server, calls);
  expect_ours(Expect::query, Purpose::parameters, now);
  server.unnamed = nullptr;
}

void Session::learn_application() {
  const auto told = parameters.find("application_name");
  if (!told || *told == who_->application) return;
  auto who = std::make_shared<model::ClientIdentity>(*who_);
  who->application = *told;
  who_ = std::move(who);
  recorder_.client(who_);
}

void Session::unlink() noexcept {
  made_.clear();
  own_reading_ = nullptr;
  server_ = nullptr;
  exchange_.clear();
  portals_.clear();
  unnamed_portal_ = {};
  pins_.clear();
  pins_for_good_.clear();
  custom_.clear();
  state_ = nullptr;
  status_ = Status::idle;
  hold_ = Hold::none;
  described_types_.clear();
  unnamed_there_ = nullptr;
  changes_tables_ = skipping_ = copy_in_ = uncertain_ = suspect_ = reads_apart_ = unsynced_ = asked_again_ = false;
  syncs_in_copy_ = 0;
}

bool Session::answers_client() const noexcept {
  return holds_client() ||
         std::ranges::any_of(exchange_, [](const Expected& each) { return each.purpose == Purpose::client; });
}

bool Session::works_for_client() const noexcept {
  if (exchange_.empty()) return false;
  // A statement that is made again for the client is answered with what it is made for: the server keeps its answers
  // until the Sync.
  const Purpose purpose = exchange_.front().purpose;
  return purpose == Purpose::client || purpose == Purpose::prepare;
}

bool Session::commit_under_way() const noexcept {
  return std::ranges::any_of(exchange_, [](const Expected& each) {
    return each.purpose == Purpose::client && each.statement && each.statement->kind == sql::StatementKind::commit &&
           (each.kind == Expect::query || each.kind == Expect::execute);
  });
}

WallTime Session::busy_since() const noexcept { return exchange_.empty() ? state_since_ : exchange_.front().sent_at; }

std::optional<WallTime> Session::transaction_since() const noexcept {
  if (const auto* open = recorder_.open()) return open->id().started_at;
  return std::nullopt;
}

model::RecordedClient Session::recorded(WallTime now) const {
  static_cast<void>(now);
  model::RecordedClient client;
  client.who = who_;
  client.session_mode = !rewrites();
  client.pins = pins_;
  client.pins.insert(client.pins.end(), pins_for_good_.begin(), pins_for_good_.end());
  client.unit = recorder_.unit();
  if (recorder_.open() != nullptr) client.transaction = *recorder_.open();
  client.state_since = state_since_;
  if (linked()) client.server = model::HeldServer{server_id_, server_endpoint_, linked_at_};
  if (!idle()) {
    client.state = model::ClientState::active;
    client.state_since = busy_since();
  } else if (status_ != Status::idle) {
    client.state =
        status_ == Status::open ? model::ClientState::idle_in_transaction : model::ClientState::aborted_in_transaction;
  }
  const auto running = std::ranges::find_if(exchange_, [](const Expected& each) { return each.statement != nullptr; });
  if (running != exchange_.end()) {
    client.statement = running->statement;
    client.statement_started_at = running->sent_at;
  } else if (client.transaction) {
    client.statement = recorder_.last();
  }
  const auto add_portal = [&](const std::string& name, const Portal& portal) {
    if (portal.suspended && portal.statement)
      client.portals.push_back({name, portal.statement, portal.opened_at, portal.rows});
  };
  add_portal("", unnamed_portal_);
  for (const auto& [name, portal] : portals_) add_portal(name, portal);
  return client;
}

}  // namespace lockkeeper::track::postgres
