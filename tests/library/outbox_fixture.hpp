// The outbox tests' fixture: an empty outbox on every database that the program has, and a receiver that remembers.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <lockkeeper/outbox.hpp>

#include "library/data_engine.hpp"
#include "library/flaky_driver.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {

/// Whom deliveries go to. Thread-safe.
class Receiver {
 public:
  void take(const OutboxMessage& message) {
    const std::lock_guard guard(mutex_);
    messages_.push_back(message);
    ++by_idempotency_key_[message.idempotency_key];
  }
  /// As a Deliverer.
  [[nodiscard]] Deliverer deliverer() {
    return [this](const OutboxMessage& message, Deadline) {
      take(message);
      return Delivery::delivered;
    };
  }

  [[nodiscard]] std::size_t count() const {
    const std::lock_guard guard(mutex_);
    return messages_.size();
  }
  [[nodiscard]] std::vector<OutboxMessage> messages() const {
    const std::lock_guard guard(mutex_);
    return messages_;
  }
  [[nodiscard]] std::vector<std::string> payloads() const {
    std::vector<std::string> payloads;
    for (const OutboxMessage& each : messages()) payloads.push_back(each.payload);
    return payloads;
  }
  [[nodiscard]] std::vector<std::string> payloads_of(const std::string& key) const {
    std::vector<std::string> payloads;
    for (const OutboxMessage& each : messages()) {
      if (each.key == key) payloads.push_back(each.payload);
    }
    return payloads;
  }
  /// How often each was delivered.
  [[nodiscard]] std::map<std::string, int> by_idempotency_key() const {
    const std::lock_guard guard(mutex_);
    return by_idempotency_key_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<OutboxMessage> messages_;
  std::map<std::string, int> by_idempotency_key_;
};

class OnOutbox : public OnEngine {
 protected:
  void SetUp() override {
    OnEngine::SetUp();
    if (IsSkipped()) return;
    {
      Session session = connect();
      for (const char* table : {"lockkeeper_outbox", "lockkeeper_schema", "effect"}) {
        session.execute("DROP TABLE IF EXISTS " + std::string(table));
      }
    }
    db_ = std::make_unique<Database>(driver(), target_of(tested().url), settings(8), events_);
    outbox_.migrate(*db_);
  }

  [[nodiscard]] Database& db() { return *db_; }

  /// Its own database behind a wire that can be cut. Fails fast where that is cut; connected once already, so that a
  /// slow first connect is not taken for a failure.
  [[nodiscard]] std::unique_ptr<Database> flaky_database(const std::shared_ptr<Wire>& wire) {
    PoolSettings settings = OnEngine::settings(6);
    settings.acquire_timeout = std::chrono::milliseconds(500);
    settings.validation_timeout = std::chrono::milliseconds(500);
    settings.validation_window = std::chrono::milliseconds(0);
    auto flaky = std::make_unique<Database>(std::make_shared<FlakyDriver>(wire, driver()), target_of(tested().url),
                                            settings, events_);
    flaky->pool().acquire({.deadline = Deadline::clock::now() + default_patience}).give_back();
    return flaky;
  }

  /// One message in a transaction of its own.
  std::int64_t add(const std::string& key, const std::string& payload) {
    return db().transact([&](TransactionRef tx) { return outbox_.add(tx, "topic", key, payload); });
  }

  [[nodiscard]] std::vector<OutboxRecord> without_outcome() {
    return db().transact([&](TransactionRef tx) { return outbox_.without_outcome(tx, std::chrono::milliseconds(0)); });
  }
  [[nodiscard]] std::vector<OutboxRecord> dead_letters() {
    return db().transact([&](TransactionRef tx) { return outbox_.dead_letters(tx); });
  }
  [[nodiscard]] static int count_of(const std::string& state) {
    Session session = connect();
    return session.value<int>(sql("SELECT count(*) FROM lockkeeper_outbox WHERE state = $1"), state);
  }
  void eventually(const std::function<bool()>& holds, std::string_view what) {
    wait_until(holds, default_patience, what);
  }

  /// Impatient where a test would wait for nothing: pauses are short, polling is frequent.
  [[nodiscard]] static OutboxRelaySettings quick() {
    OutboxRelaySettings settings;
    settings.poll_interval = std::chrono::milliseconds(20);
    settings.first_pause = std::chrono::milliseconds(5);
    settings.longest_pause = std::chrono::milliseconds(40);
    return settings;
  }
  /// The same, where the database is away: an attempt to reach it takes a second at most.
  [[nodiscard]] static OutboxRelaySettings quick_to_fail() {
    OutboxRelaySettings settings = quick();
    settings.database_timeout = std::chrono::milliseconds(1'000);
    return settings;
  }
  /// The same, with claims that expire after 2.2 s.
  [[nodiscard]] static OutboxRelaySettings short_claims() {
    OutboxRelaySettings settings = quick_to_fail();
    settings.delivery_timeout = std::chrono::milliseconds(200);
    settings.claim_time = std::chrono::milliseconds(2'200);
    return settings;
  }

  Outbox outbox_;
  Receiver receiver_;
  std::unique_ptr<Database> db_;
};

}  // namespace lockkeeper::testing
