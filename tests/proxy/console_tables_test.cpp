// From a view to rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>

#include "proxy/console/tables.hpp"

namespace lockkeeper::proxy::console {
namespace {

using namespace std::chrono_literals;
using model::Duration;
using model::WallTime;
using ::testing::HasSubstr;

const WallTime noon = *model::parse_time("2026-11-28T12:00:00Z");

using Named = std::map<std::string, std::optional<std::string>, std::less<>>;

// Rows by their columns' names: every row has as many cells as there are columns.
std::vector<Named> shown(Kind kind, const View& view, const Command& command = {}) {
  Command asked = command;
  asked.kind = kind;
  const auto rows = rows_of(asked, view);
  std::vector<Named> named;
  if (!rows) {
    ADD_FAILURE() << rows.error().message;
    return named;
  }
  const auto columns = columns_of(kind);
  for (const Row& row : *rows) {
    EXPECT_EQ(row.size(), columns.size());
    Named& cells = named.emplace_back();
    for (std::size_t at = 0; at < std::min(row.size(), columns.size()); ++at)
      cells.emplace(std::string(columns[at]), row[at]);
  }
  return named;
}

model::StatementPtr statement(std::string text, sql::StatementKind kind = sql::StatementKind::select) {
  auto made = std::make_shared<model::Statement>();
  made->fingerprint.value = std::hash<std::string>()(text);
  made->kind = kind;
  made->text = std::move(text);
  return made;
}

View two_pools() {
  View view;
  view.now = noon;
  view.up = 100s;
  view.config.databases["*"] = DatabaseConfig();
  view.config.databases["shop"].pool_size = 7;
  view.config.proxy.admin_users = {"ann"};
  PoolView pool;
  pool.database = "shop";
  pool.user = "app";
  pool.size = 7;
  pool.clients = 30;
  pool.counters.waiting = 2;
  pool.counters.in_use = 5;
  pool.counters.idle = 1;
  pool.counters.connecting = 1;
  pool.counters.given = 400;
  pool.counters.timeouts = 3;
  pool.counters.waits.buckets[10] = 3;
  pool.counters.waits.buckets[31] = 1;
  pool.counters.waits.count = 4;
  pool.oldest_wait = 2500ms;
  pool.statistics.transactions = 200;
  pool.statistics.queries = 1000;
  pool.statistics.received = 5000;
  pool.statistics.sent = 70'000;
  pool.statistics.transaction_us = 4'000'000;
  pool.statistics.query_us = 3'000'000;
  pool.statistics.wait_us = 600;
  view.pools.push_back(pool);
  pool = PoolView();
  pool.database = "other";
  pool.user = "app";
  pool.session_mode = true;
  pool.size = 20;
  pool.counters.paused = true;
  pool.statistics.queries = 1;
  view.pools.push_back(pool);
  view.client_count = 33;
  view.server_count = 7;
  return view;
}

TEST(ConsoleTables, Pools) {
  const auto rows = shown(Kind::show_pools, two_pools());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].at("database"), "shop");
  EXPECT_EQ(rows[0].at("cl_active"), "30");
  EXPECT_EQ(rows[0].at("cl_waiting"), "2");
  EXPECT_EQ(rows[0].at("sv_active"), "5");
  EXPECT_EQ(rows[0].at("sv_idle"), "1");
  EXPECT_EQ(rows[0].at("sv_login"), "1");
  EXPECT_EQ(rows[0].at("sv_used"), "0");
  EXPECT_EQ(rows[0].at("maxwait"), "2");
  EXPECT_EQ(rows[0].at("maxwait_us"), "500000");
  EXPECT_EQ(rows[0].at("pool_mode"), "transaction");
  EXPECT_EQ(rows[1].at("pool_mode"), "session");
}

TEST(ConsoleTables, ColumnsOfPgBouncerStandWhereItHasThem) {
  EXPECT_THAT(columns_of(Kind::show_lists), ::testing::ElementsAre("list", "items"));
  EXPECT_THAT(columns_of(Kind::show_config), ::testing::ElementsAre("key", "value", "default", "changeable"));
  EXPECT_EQ(columns_of(Kind::show_pools)[2], "cl_active");
  EXPECT_EQ(columns_of(Kind::show_stats)[1], "total_server_assignment_count");
  EXPECT_EQ(columns_of(Kind::show_clients).back(), "id");
}

TEST(ConsoleTables, Stats) {
  const auto rows = shown(Kind::show_stats, two_pools());
  ASSERT_EQ(rows.size(), 2U);
  const Named& shop = rows[1];
  EXPECT_EQ(shop.at("database"), "shop");
  EXPECT_EQ(shop.at("total_query_count"), "1000");
  EXPECT_EQ(shop.at("avg_query_count"), "10") << "a second";
  EXPECT_EQ(shop.at("avg_xact_time"), "20000") << "microseconds a transaction";
  EXPECT_EQ(shop.at("total_bind_count"), "0");
  const auto totals = shown(Kind::show_totals, two_pools());
  ASSERT_EQ(totals.size(), 23U);
  EXPECT_EQ(totals.back().at("name"), "unknown_commands") << "ours, after PgBouncer's";
  EXPECT_EQ(totals[2].at("name"), "total_query_count");
  EXPECT_EQ(totals[2].at("value"), "1001");
  EXPECT_EQ(shown(Kind::show_stats_totals, two_pools())[1].at("bytes_sent"), "70000");
}

TEST(ConsoleTables, DatabasesUsersAndLists) {
  const View view = two_pools();
  const auto databases = shown(Kind::show_databases, view);
  ASSERT_EQ(databases.size(), 3U);
  EXPECT_EQ(databases[0].at("name"), "*");
  EXPECT_EQ(databases[1].at("name"), "other");
  EXPECT_EQ(databases[1].at("paused"), "1");
  EXPECT_EQ(databases[1].at("pool_size"), "20");
  EXPECT_EQ(databases[2].at("pool_size"), "7");
  EXPECT_EQ(databases[2].at("current_connections"), "7");
  EXPECT_EQ(databases[2].at("current_client_connections"), "32");
  EXPECT_EQ(databases[2].at("server_lifetime"), "3600");
  EXPECT_EQ(databases[2].at("force_user"), std::nullopt);
  const auto users = shown(Kind::show_users, view);
  ASSERT_EQ(users.size(), 2U);
  EXPECT_EQ(users[1].at("name"), "app");
  EXPECT_EQ(users[1].at("current_connections"), "7");
  const auto lists = shown(Kind::show_lists, view);
  std::map<std::string, std::string> items;
  for (const Named& each : lists) items.emplace(*each.at("list"), *each.at("items"));
  EXPECT_EQ(items["pools"], "2");
  EXPECT_EQ(items["used_clients"], "33");
  EXPECT_EQ(items["free_clients"], "967");
  EXPECT_EQ(items["used_servers"], "7");
  EXPECT_EQ(items["free_servers"], "20");
}

TEST(ConsoleTables, ADatabaseWhoseSectionHasGoneIsStillShown) {
  View view = two_pools();
  view.config.databases.clear();
  const auto rows = shown(Kind::show_databases, view);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].at("current_connections"), "7");
}

TEST(ConsoleTables, ConfigHasTheNamesThatExportersLookFor) {
  View view;
  view.config.proxy.max_clients = 50;
  std::map<std::string, std::string> values;
  for (const Named& each : shown(Kind::show_config, view)) values.emplace(*each.at("key"), *each.at("value"));
  EXPECT_EQ(values["max_clients"], "50");
  EXPECT_EQ(values["max_client_conn"], "50");
  EXPECT_EQ(values["max_user_connections"], "0");
  EXPECT_EQ(values["default_pool_size"], "20");
}

TEST(ConsoleTables, State) {
  View view = two_pools();
  EXPECT_EQ(shown(Kind::show_state, view)[0].at("value"), "yes");
  view.pools[0].counters.paused = true;
  EXPECT_EQ(shown(Kind::show_state, view)[1].at("value"), "yes");
}

TEST(ConsoleTables, Sockets) {
  View view;
  view.now = noon;
  ClientView client;
  client.id = 17;
  client.user = "app";
  client.database = "shop";
  client.application = "publisher";
  client.address = "[::1]:50111";
  client.local_address = "unix:/run/.s.PGSQL.6432";
  client.connected_at = noon - 1h;
  client.state_since = noon;
  client.state = model::ClientState::waiting;
  client.waiting = 1500ms;
  view.clients.push_back(client);
  client.id = 16;
  client.connected_at = noon - 2h;
  client.state = model::ClientState::idle_in_transaction;
  client.waiting.reset();
  client.server = 4;
  view.clients.push_back(client);
  const auto rows = shown(Kind::show_clients, view);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].at("id"), "16") << "oldest first";
  EXPECT_EQ(rows[0].at("state"), "idle in transaction");
  EXPECT_EQ(rows[0].at("link"), "s4");
  EXPECT_EQ(rows[1].at("addr"), "::1");
  EXPECT_EQ(rows[1].at("port"), "50111");
  EXPECT_EQ(rows[1].at("local_addr"), "unix");
  EXPECT_EQ(rows[1].at("wait"), "1");
  EXPECT_EQ(rows[1].at("wait_us"), "500000");
  EXPECT_EQ(rows[1].at("connect_time"), "2026-11-28 11:00:00 UTC");
  ServerView server;
  server.id = 4;
  server.state = pool::ServerState::in_use;
  server.client = 16;
  server.pid = 4711;
  view.servers.push_back(server);
  const auto servers = shown(Kind::show_servers, view);
  EXPECT_EQ(servers[0].at("state"), "active");
  EXPECT_EQ(servers[0].at("remote_pid"), "4711");
  EXPECT_EQ(servers[0].at("link"), "c16");
}

TEST(ConsoleTables, Waits) {
  const auto rows = shown(Kind::show_waits, two_pools());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].at("below_us"), "1024");
  EXPECT_EQ(rows[0].at("waits"), "3");
  EXPECT_EQ(rows[0].at("share"), "75.0 %");
  EXPECT_EQ(rows[1].at("below"), "longer");
  EXPECT_EQ(rows[1].at("share"), "100.0 %");
}

// --- What they did ---

class ConsoleRecords : public ::testing::Test {
 protected:
  ConsoleRecords() {
    auto who = std::make_shared<model::ClientIdentity>();
    who->id = 17;
    who->application = "publisher";
    who->user = "app";
    who->database = "shop";
    who->address = "10.0.0.7:50111";
    client.who = who;
    client.state = model::ClientState::idle_in_transaction;
    client.state_since = noon - 90s;
    client.server = model::HeldServer{{4711, noon - 1h}, "127.0.0.1:40000", noon - 2min};
    client.transaction.emplace(model::TransactionId{{4711, noon - 1h}, noon - 2min});
    add("SELECT * FROM posts WHERE id = ?", noon - 110s, 1s, 1);
    add("UPDATE posts SET state = ?", noon - 100s, 10s, 5);
    client.statement = client.transaction->last().empty() ? client.transaction->first().back().last.statement : nullptr;
    view.now = noon;
  }

  void add(const std::string& text, WallTime at, Duration took, std::int64_t rows, std::string error = {}) {
    model::StatementRun run;
    run.statement =
        statement(text, text.starts_with("UPDATE") ? sql::StatementKind::update : sql::StatementKind::select);
    run.started_at = at;
    run.duration = took;
    run.rows = rows;
    run.parameters = 1;
    run.error = std::move(error);
    client.transaction->add(std::move(run));
  }

  const View& seen() {
    view.recorded = {client};
    return view;
  }

  Command asked(const std::string& id) {
    Command command{Kind::show_statements, {}, 17, id};
    return command;
  }

  model::RecordedClient client;
  View view;
};

TEST_F(ConsoleRecords, AHolderTellsItsStory) {
  client.pins = {"LISTEN"};
  const auto rows = shown(Kind::show_holders, seen());
  ASSERT_EQ(rows.size(), 1U);
  const Named& row = rows[0];
  EXPECT_EQ(row.at("client"), "17");
  EXPECT_EQ(row.at("application"), "publisher");
  EXPECT_EQ(row.at("state"), "idle in transaction");
  EXPECT_EQ(row.at("state_age"), model::to_human(90s));
  EXPECT_EQ(row.at("transaction_age"), model::to_human(2min));
  EXPECT_EQ(row.at("server_pid"), "4711");
  EXPECT_EQ(row.at("pins"), "LISTEN");
  EXPECT_EQ(row.at("statements"), "2");
  EXPECT_EQ(row.at("last_statement"), "UPDATE posts SET state = ?");
}

TEST_F(ConsoleRecords, TransactionsSayWhereTheirTimeWent) {
  const auto rows = shown(Kind::show_transactions, seen());
  ASSERT_EQ(rows.size(), 1U);
  const Named& row = rows[0];
  EXPECT_EQ(row.at("id"), transaction_name(17, client.transaction->id()));
  EXPECT_THAT(*row.at("id"), ::testing::MatchesRegex("17-[0-9a-f]{4}"));
  EXPECT_EQ(row.at("age"), model::to_human(2min));
  EXPECT_EQ(row.at("idle_for"), model::to_human(90s));
  EXPECT_EQ(row.at("rows_written"), "5");
  EXPECT_EQ(row.at("time_in_database"), model::to_human(11s));
  EXPECT_EQ(row.at("time_outside"), model::to_human(109s));
}

TEST_F(ConsoleRecords, WhatRunsCountsAsTimeInTheDatabase) {
  client.state = model::ClientState::active;
  client.statement = statement("SELECT pg_sleep(?)");
  client.statement_started_at = noon - 60s;
  const auto rows = shown(Kind::show_transactions, seen());
  EXPECT_EQ(rows[0].at("idle_for"), std::nullopt);
  EXPECT_EQ(rows[0].at("statements"), "3");
  EXPECT_EQ(rows[0].at("time_in_database"), model::to_human(71s));
  const auto statements = shown(Kind::show_statements, view, asked("17"));
  ASSERT_EQ(statements.size(), 3U);
  EXPECT_EQ(statements[2].at("number"), "3");
  EXPECT_THAT(*statements[2].at("duration"), HasSubstr("running"));
  EXPECT_EQ(statements[2].at("gap_before"), model::to_human(30s));
}

TEST_F(ConsoleRecords, TheWholeRecord) {
  add("SELECT 1", noon - 80s, 1s, 1, "57014");
  add("SELECT 1", noon - 70s, 1s, 1, "57014");
  add("SELECT 2", noon - 60s, 1s, 0);
  const auto rows = shown(Kind::show_statements, seen(), asked(transaction_name(17, client.transaction->id())));
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].at("number"), "1");
  EXPECT_EQ(rows[0].at("started_after"), model::to_human(10s));
  EXPECT_EQ(rows[0].at("same_parameters"), std::nullopt);
  EXPECT_EQ(rows[2].at("runs"), "2");
  EXPECT_EQ(rows[2].at("duration"), model::to_human(2s));
  EXPECT_EQ(rows[2].at("same_parameters"), "yes");
  EXPECT_EQ(rows[2].at("error"), "57014");
  EXPECT_EQ(rows[3].at("number"), "5");
}

TEST_F(ConsoleRecords, StatementsThatWereNotKeptAreCounted) {
  for (int number = 0; number < 200; ++number)
    add("SELECT a" + std::to_string(number), noon - 90s + number * 10ms, 1ms, 1);
  const auto rows = shown(Kind::show_statements, seen(), asked("17"));
  ASSERT_EQ(rows.size(), 32U + 1 + 96);
  EXPECT_EQ(rows[32].at("statement"), "(not kept)");
  EXPECT_EQ(rows[32].at("runs"), std::to_string(202 - 32 - 96));
  EXPECT_EQ(rows.back().at("number"), "202");
}

TEST_F(ConsoleRecords, AnotherTransactionOfThatClientIsNotTaken) {
  Command command = asked("17-0000");
  ASSERT_NE(transaction_name(17, client.transaction->id()), "17-0000");
  const auto over = rows_of(command, seen());
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().sqlstate, "42704");
  EXPECT_THAT(over.error().message, HasSubstr("17-0000 is over"));
  client.transaction.reset();
  const auto none = rows_of(command, seen());
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("client 17 has no transaction open"));
}

TEST(ConsoleTables, LongTextsAreShortened) {
  EXPECT_EQ(shortened("SELECT 1\nFROM a"), "SELECT 1 FROM a");
  EXPECT_EQ(shortened(std::string(200, 'x')), std::string(200, 'x'));
  EXPECT_EQ(shortened(std::string(201, 'x')), std::string(200, 'x') + "...");
  std::string umlauts;
  for (int number = 0; number < 300; ++number) umlauts += "\xc3\xbc";
  EXPECT_EQ(shortened(umlauts), umlauts.substr(0, 400) + "...");
}

TEST(ConsoleTables, Findings) {
  View view;
  EXPECT_TRUE(shown(Kind::show_findings, view).empty());
  auto diagnosis = std::make_shared<model::Diagnosis>();
  model::Finding finding;
  finding.rule = model::RuleId("idle-transaction");
  finding.id = model::FindingId("idle-transaction-1");
  finding.title = "a transaction is left open";
  finding.count = 1;
  finding.fix = "commit";
  finding.remedies.push_back({model::Action::close_client, "KILL_CLIENT 17;", "", {17}});
  diagnosis->findings.push_back(finding);
  view.diagnosis = diagnosis;
  const auto rows = shown(Kind::show_findings, view);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].at("rule"), "idle-transaction");
  EXPECT_EQ(rows[0].at("severity"), "warning");
  EXPECT_EQ(rows[0].at("remedy"), "KILL_CLIENT 17;");
}

}  // namespace
}  // namespace lockkeeper::proxy::console
