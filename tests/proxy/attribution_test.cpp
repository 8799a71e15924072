// Whose work a client does and what it is called, as the record has it, over real connections.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "proxy/running_proxy.hpp"
#include "proxy/support/raw_client.hpp"

namespace lockkeeper::proxy {
namespace {

using namespace std::chrono_literals;
using testing::default_patience;
using testing::RawClient;
using testing::Session;
using testing::wait_until;

constexpr std::string_view trace = "4bf92f3577b34da6a3ce929d0e0e4736";

std::string tagged(const std::string& sql) {
  return sql + " /*traceparent='00-" + std::string(trace) + "-00f067aa0ba902b7-01'*/ RETURNING id";
}

class Attribution : public ::testing::Test {
 protected:
  // A pool of one: whoever is second waits, or has it after another.
  void start(const std::function<void(Config&)>& change = {}) {
    Config config = transaction_mode(folder_);
    config.proxy.pool_size = 1;
    if (change) change(config);
    running_.emplace(config);
  }
  [[nodiscard]] Session client(const std::string& application) const {
    return Session(running_->url("postgres"), application);
  }
  [[nodiscard]] RawClient raw_client(const std::string& application) const {
    testing::Login login;
    login.port = static_cast<std::uint16_t>(std::stoi(running_->port));
    login.password = "secret";
    login.more = {{"application_name", application}};
    return RawClient(login);
  }
  [[nodiscard]] std::optional<model::RecordedClient> recorded(const std::string& application) const {
    for (const model::RecordedClient& each : running_->proxy->recording(default_patience).clients) {
      if (each.who->application == application) return each;
    }
    return std::nullopt;
  }
  void wait_for_unit(const std::string& application, std::string_view unit) const {
    const auto known = [&] {
      const auto seen = recorded(application);
      return seen && seen->state == model::ClientState::waiting && seen->unit.value() == unit;
    };
    wait_until(known, default_patience, "the client to wait, for its unit of work");
  }
  // As pgjdbc begins a transaction: without a Sync of its own.
  static testing::Messages begin() {
    return {testing::parse("", "BEGIN"), testing::bind_to("", ""), testing::execute()};
  }
  static testing::Messages insert() {
    return {testing::parse("", tagged("INSERT INTO item VALUES (1)")), testing::bind_to("", ""), testing::execute(),
            testing::sync()};
  }
  [[nodiscard]] Session table() const {
    Session admin(server().url("postgres"));
    admin.exec("DROP TABLE IF EXISTS item; CREATE TABLE item (id int)");
    return admin;
  }

  testing::TemporaryFolder folder_;
  std::optional<Running> running_;
};

TEST_F(Attribution, ABeginThatWaitsIsOfTheUnitOfTheStatementBehindIt) {
  start();
  Session admin = table();
  Session holder = client("holder");
  holder.exec("BEGIN; SELECT 1");
  RawClient waiter = raw_client("waiter");
  waiter.send(begin() + insert());
  wait_for_unit("waiter", trace);
  holder.exec("COMMIT");
  EXPECT_EQ(first_cell(waiter.read_until('Z')), "1");
  const auto seen = recorded("waiter");
  ASSERT_TRUE(seen && seen->transaction);
  EXPECT_EQ(seen->unit.value(), trace);
  EXPECT_EQ(seen->transaction->statements(), 2);
}

TEST_F(Attribution, WhatComesWhileItWaitsIsReadToo) {
  start();
  Session admin = table();
  Session holder = client("holder");
  holder.exec("BEGIN; SELECT 1");
  RawClient waiter = raw_client("waiter");
  waiter.send(begin());
  wait_for_unit("waiter", "");
  const std::string rest = encode(insert());
  waiter.send_bytes(rest.substr(0, 20));
  waiter.send_bytes(rest.substr(20));
  wait_for_unit("waiter", trace);
  holder.exec("COMMIT");
  EXPECT_EQ(first_cell(waiter.read_until('Z')), "1");
}

TEST_F(Attribution, NothingIsLostOfWhatCameWhileItWaited) {
  start();
  Session admin = table();
  Session holder = client("holder");
  holder.exec("BEGIN; SELECT 1");
  RawClient waiter = raw_client("waiter");
  // Far more than is held for one who waits, and all of it is done afterwards.
  testing::Messages many;
  constexpr int count = 2'000;
  for (int each = 0; each < count; ++each) many.push_back(testing::query("SELECT '" + std::string(1'000, 'x') + "'"));
  const std::string bytes = encode(many);
  constexpr std::size_t first = 100'000;
  waiter.send_bytes(std::string_view(bytes).substr(0, first));
  wait_for_unit("waiter", "");
  holder.exec("COMMIT");
  waiter.send_bytes(std::string_view(bytes).substr(first));
  const auto rows = waiter.read_until('Z', count);
  EXPECT_EQ(std::ranges::count(rows, 'D', &testing::Message::type), count);
}

TEST_F(Attribution, WhoWaitedInVainIsToldOfWithItsUnit) {
  start([](Config& config) { config.proxy.queue_timeout = 300ms; });
  Session admin = table();
  std::optional<Session> holder;
  const auto has_come = [&] {
    try {
      holder.emplace(client("holder"));
      return true;
    } catch (const testing::SessionError&) {
      return false;
    }
  };
  wait_until(has_come, default_patience, "a server connection that is made within the queue's timeout");
  holder->exec("BEGIN; SELECT 1");
  RawClient waiter = raw_client("waiter");
  waiter.send(begin() + insert());
  EXPECT_EQ(first_error(waiter.read_until('Z')), "53300");
  const auto facts = running_->proxy->recording(default_patience).facts;
  const auto* oddity = std::get_if<model::ClientOddity>(&facts.back().what);
  ASSERT_NE(oddity, nullptr);
  EXPECT_EQ(oddity->kind, model::OddityKind::queue_timeout);
  EXPECT_EQ(oddity->unit.value(), trace);
  // And what it asks for next is not that unit's.
  holder->exec("COMMIT");
  waiter.ask("BEGIN");
  waiter.ask("SELECT 1");
  EXPECT_EQ(recorded("waiter").value().unit.value(), "");
}

TEST_F(Attribution, AnApplicationThatNamesItselfLaterIsKnownByThat) {
  start();
  Session renamed = client("first"), other = client("other");
  renamed.exec("SET application_name = 'renamed'");
  other.exec("BEGIN; SELECT 1");
  const auto both = [&] { return recorded("renamed") && recorded("other") && !recorded("first"); };
  EXPECT_TRUE(both()) << "they have one server connection after another";
  other.exec("COMMIT");
  EXPECT_EQ(other.value("SHOW application_name"), "other");
  EXPECT_EQ(renamed.value("SHOW application_name"), "renamed");
  renamed.exec("BEGIN; SELECT 1");
  EXPECT_EQ(recorded("renamed").value().state, model::ClientState::idle_in_transaction);
  Session admin(server().url("postgres"));
  EXPECT_EQ(admin.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'renamed'"), "1");
  renamed.exec("COMMIT");
  EXPECT_TRUE(both());
  const auto facts = running_->proxy->recording(default_patience).facts;
  EXPECT_EQ(std::get<model::TransactionOver>(facts.back().what).client->application, "renamed");
  Session console = running_->console();
  const auto shown = console.exec("SHOW CLIENTS");
  const auto names = [](const auto& row) { return std::ranges::count(row, std::optional<std::string>("renamed")); };
  EXPECT_EQ(std::ranges::count_if(shown, [&](const auto& row) { return names(row) > 0; }), 1);
}

TEST_F(Attribution, AnApplicationThatItsRoleNamesIsKnownByThat) {
  Session admin(server().url("postgres"));
  admin.exec("DROP ROLE IF EXISTS named; CREATE ROLE named LOGIN; ALTER ROLE named SET application_name = 'by role'");
  start([](Config& config) {
    config.proxy.pool_mode = PoolMode::session;
    config.proxy.auth = AuthMethod::pass_through;
  });
  const Session named(running_->url("postgres", "named"), "");
  EXPECT_TRUE(recorded("by role"));
  EXPECT_FALSE(recorded(""));
}

}  // namespace
}  // namespace lockkeeper::proxy
