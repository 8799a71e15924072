#include "track/mysql/session.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::track::mysql {

using model::WallTime;

namespace {

Recorder recorder_of(const SessionSettings& settings, Facts& facts,
                     const std::shared_ptr<const model::ClientIdentity>& who, const model::SessionId& session) {
  Recorder recorder(who, facts, settings.record);
  recorder.use(session);
  return recorder;
}

}  // namespace

Session::Session(const SessionSettings& settings, Shared shared, std::shared_ptr<const model::ClientIdentity> who,
                 Connected connected)
    : settings_(settings),
      shared_(shared),
      who_(std::move(who)),
      connected_(std::move(connected)),
      transactions_(recorder_of(settings, shared.facts, who_, connected_.session), connected_.status, connected_.at),
      state_since_(connected_.at) {}

bool Session::commit_under_way() const noexcept { return std::ranges::any_of(asked_, &Asked::commits); }

WallTime Session::busy_since() const noexcept { return asked_.empty() ? state_since_ : asked_.front().sent_at; }

model::ClientState Session::state() const noexcept {
  if (!idle()) return model::ClientState::active;
  if (!in_transaction()) return model::ClientState::idle;
  return transactions_.doomed() ? model::ClientState::aborted_in_transaction : model::ClientState::idle_in_transaction;
}

std::optional<WallTime> Session::transaction_since() const noexcept {
  if (const auto* open = transactions_.record().open()) return open->id().started_at;
  return std::nullopt;
}

void Session::gone(model::TransactionEnd end, WallTime now) {
  transactions_.gone(commit_under_way() ? model::TransactionEnd::unknown : end, now);
  asked_.clear();
  reply_.reset();
  prepared_.clear();
  last_prepared_ = nullptr;
  cursors_.clear();
}

void Session::lose() noexcept {
  lost_ = true;
  transactions_.forget();
  asked_.clear();
  reply_.reset();
  prepared_.clear();
  last_prepared_ = nullptr;
  cursors_.clear();
}

Step Session::lose(std::string_view why) noexcept {
  lose();
  return {.lost = why};
}

model::RecordedClient Session::recorded(WallTime now) const {
  static_cast<void>(now);
  const Recorder& record = transactions_.record();
  model::RecordedClient client;
  client.who = who_;
  client.session_mode = true;
  client.unit = record.unit();
  if (record.open() != nullptr) client.transaction = *record.open();
  client.state_since = state_since_;
  client.server = model::HeldServer{connected_.session, connected_.local_endpoint, connected_.at};
  client.state = state();
  if (!idle()) client.state_since = busy_since();
  const auto running = std::ranges::find_if(asked_, [](const Asked& each) { return each.statement != nullptr; });
  if (running != asked_.end()) {
    client.statement = running->statement;
    client.statement_started_at = running->sent_at;
  } else if (client.transaction) {
    client.statement = record.last();
  }
  for (const auto& [number, cursor] : cursors_) client.portals.push_back(cursor);
  return client;
}

}  // namespace lockkeeper::track::mysql
