#include "crowd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "sql/fingerprint.hpp"

namespace lockkeeper::bench {
namespace {

constexpr std::array applications{"shop", "billing", "search", "reports"};
constexpr std::size_t places_each = 25;
constexpr double usual_statement = 0.004;  // seconds
constexpr double usual_pause = 2;          // between transactions
constexpr std::int64_t leak_every = 3600;
constexpr std::int64_t leak_for = 600;

model::Statement statement(std::string text) {
  model::Statement result;
  std::string scratch;
  result.fingerprint = sql::fingerprint(text, {}, scratch);
  result.kind = sql::StatementKind::select;
  result.text = std::move(text);
  return result;
}

}  // namespace

Crowd::Crowd(std::int64_t sessions, std::uint64_t seed, model::WallTime now) : random_(seed), began_(now) {
  for (std::size_t place = 0; place < applications.size() * places_each; ++place)
    places_.push_back({statement(fmt::format("SELECT * FROM orders_{} WHERE id = $1 FOR UPDATE", place)),
                       0.02 * std::pow(1.25, static_cast<double>(place % places_each))});
  for (std::int64_t number = 0; number < sessions; ++number) {
    Client client;
    client.session.id = {10'000 + number, began_};
    client.session.application = applications[static_cast<std::size_t>(number) % applications.size()];
    client.session.user = "app";
    client.session.database = "shop";
    client.session.client = fmt::format("10.0.0.{}:{}", number % 200 + 1, 40'000 + number);
    finish(client, 0);
    clients_.push_back(std::move(client));
  }
}

model::Snapshot Crowd::at(std::int64_t second) {
  const auto now = static_cast<double>(second);
  for (Client& client : clients_) {
    while (client.until <= now) change(client, client.until);
  }
  leak(second);
  model::Snapshot snapshot;
  snapshot.server = {.product = "PostgreSQL",
                     .version = "15.20",
                     .name = "10.0.0.5:5432",
                     .database = "shop",
                     .started_at = began_,
                     .max_connections = static_cast<std::int64_t>(clients_.size()) + 100};
  snapshot.taken_at = time(now);
  snapshot.observer_role = "lockkeeper";
  for (const Client& client : clients_) snapshot.sessions.push_back(client.session);
  return snapshot;
}

// Idle, then a transaction of some statements with a gap after each.
void Crowd::change(Client& client, double now) {
  using enum model::SessionState;
  if (client.session.state == idle) return begin(client, now);
  if (client.session.state == active) return go_idle(client, now);
  if (random_() % 3 == 0) return finish(client, now);
  begin(client, now);
}

void Crowd::begin(Client& client, double now) {
  const auto application = client.session.id.pid % static_cast<std::int64_t>(applications.size());
  client.place = static_cast<std::size_t>(application) * places_each + random_() % places_each;
  client.session.state = model::SessionState::active;
  client.session.state_changed_at = client.session.statement_started_at = time(now);
  client.session.statement = places_[client.place].statement;
  if (!client.session.transaction) {
    auto& transaction = client.session.transaction.emplace();
    transaction.started_at = time(now);
    transaction.wrote = random_() % 2 == 0;
  }
  client.until = now + around(usual_statement);
}

void Crowd::go_idle(Client& client, double now) {
  client.session.state = model::SessionState::idle_in_transaction;
  client.session.state_changed_at = time(now);
  client.until = now + around(places_[client.place].usual_gap);
}

void Crowd::finish(Client& client, double now) {
  client.session.state = model::SessionState::idle;
  client.session.state_changed_at = time(now);
  client.session.transaction.reset();
  client.session.statement.reset();
  client.until = now + around(usual_pause);
}

// One client in a hundred forgets its transaction, each hour.
void Crowd::leak(std::int64_t second) {
  if (second % leak_every != leak_every / 2) return;
  for (std::size_t number = 0; number < clients_.size(); number += 100) {
    Client& client = clients_[number];
    begin(client, static_cast<double>(second));
    go_idle(client, static_cast<double>(second));
    client.until = static_cast<double>(second + leak_for);
  }
}

model::WallTime Crowd::time(double second) const {
  return began_ + std::chrono::round<model::Duration>(std::chrono::duration<double>(second));
}

double Crowd::around(double median) { return std::lognormal_distribution<double>(std::log(median), 0.8)(random_); }

}  // namespace lockkeeper::bench
