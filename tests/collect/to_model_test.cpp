// Sessions: every state, what hides, what must not survive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/made_rows.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using model::SessionKind;
using model::SessionState;
using ::testing::HasSubstr;

model::Session only_session(const ActivityRow& row) {
  LookRows rows = quiet_server();
  rows.activity = {row};
  return session_in(model_of(rows), row.pid);
}

TEST(ToModel, EveryStateOfTheServerHasItsOwn) {
  const std::vector<std::pair<std::string, SessionState>> states{
      {"active", SessionState::active},
      {"idle", SessionState::idle},
      {"idle in transaction", SessionState::idle_in_transaction},
      {"idle in transaction (aborted)", SessionState::aborted_in_transaction},
      {"fastpath function call", SessionState::other},
      {"starting", SessionState::other},
      {"disabled", SessionState::other},
      {"a state of the future", SessionState::other}};
  for (const auto& [text, state] : states) EXPECT_EQ(only_session(client(1, text)).state, state) << text;
}

TEST(ToModel, EveryKindOfProcessHasItsOwn) {
  const auto kind = [](std::optional<std::string> backend_type) {
    ActivityRow row = client(1, "active");
    row.backend_type = std::move(backend_type);
    return only_session(row).kind;
  };
  EXPECT_EQ(kind("client backend"), SessionKind::client);
  EXPECT_EQ(kind("walsender"), SessionKind::replication);
  EXPECT_EQ(kind("autovacuum worker"), SessionKind::autovacuum);
  EXPECT_EQ(kind("checkpointer"), SessionKind::background);
  EXPECT_EQ(kind("parallel worker"), SessionKind::background) << "a worker without a leader stands for itself";
  EXPECT_EQ(kind(std::nullopt), SessionKind::client);
}

TEST(ToModel, ServerAndObserverAreCopied) {
  LookRows rows = quiet_server();
  rows.facts.in_recovery = true;
  rows.facts.reserved = 2;
  const model::Snapshot snapshot = model_of(rows);
  EXPECT_EQ(snapshot.server.product, "PostgreSQL");
  EXPECT_EQ(snapshot.server.version, "15.20");
  EXPECT_EQ(snapshot.server.name, "127.0.0.1:5432");
  EXPECT_EQ(snapshot.server.database, "shop");
  EXPECT_TRUE(snapshot.server.in_recovery);
  EXPECT_EQ(snapshot.server.usable_connections(), 95);
  EXPECT_EQ(snapshot.server.freeze_max_age, 200'000'000);
  EXPECT_EQ(snapshot.taken_at, noon);
  EXPECT_EQ(snapshot.observer_role, "postgres");
  EXPECT_TRUE(snapshot.complete());
}

TEST(ToModel, ATransactionIsThereOnceItHasStarted) {
  ActivityRow row = client(1, "idle in transaction");
  EXPECT_FALSE(only_session(row).transaction);
  row.xact_start = noon - std::chrono::minutes(1);
  row.xmin_age = 9;
  const auto reading = only_session(row).transaction;
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->started_at, noon - std::chrono::minutes(1));
  EXPECT_FALSE(reading->wrote);
  EXPECT_EQ(reading->horizon_age(), 9);
  row.xid_age = 11;
  const auto writing = only_session(row).transaction;
  ASSERT_TRUE(writing);
  EXPECT_TRUE(writing->wrote);
  EXPECT_EQ(writing->horizon_age(), 11);
}

TEST(ToModel, ClientsComeFromAnAddressOrTheLocalSocket) {
  ActivityRow row = client(1, "idle");
  EXPECT_EQ(only_session(row).client, "10.0.0.7:50001");
  row.client_address = "::1";
  EXPECT_THAT(only_session(row).client, HasSubstr("::1"));
  row.client_address.reset();
  row.client_port = -1;
  EXPECT_EQ(only_session(row).client, "local socket");
  row.client_port.reset();
  EXPECT_EQ(only_session(row).client, "") << "a background process has no client";
}

TEST(ToModel, SuperusersAreMarked) {
  ActivityRow row = client(1, "idle");
  EXPECT_FALSE(only_session(row).superuser);
  row.user_oid = 10;
  EXPECT_TRUE(only_session(row).superuser);
  row.user_oid.reset();
  EXPECT_FALSE(only_session(row).superuser);
}

TEST(ToModel, WaitEventsAreJoined) {
  ActivityRow row = client(1, "active");
  EXPECT_EQ(only_session(row).wait_event, "");
  row.wait_event_type = "Lock";
  row.wait_event = "transactionid";
  EXPECT_EQ(only_session(row).wait_event, "Lock: transactionid");
}

TEST(ToModel, HiddenSessionsAreThereAndNamedInMissing) {
  LookRows rows = quiet_server();
  rows.facts.role = "app";
  rows.activity = {hidden_client(2), client(1, "idle")};
  const model::Snapshot snapshot = model_of(rows);
  const model::Session hidden = session_in(snapshot, 2);
  EXPECT_EQ(hidden.kind, SessionKind::client);
  EXPECT_EQ(hidden.state, SessionState::hidden);
  EXPECT_EQ(hidden.id.started_at, model::WallTime{}) << "unknown, so that no guard ever matches";
  EXPECT_EQ(hidden.user, "somebody_else");
  EXPECT_FALSE(hidden.statement);
  EXPECT_FALSE(hidden.transaction);
  ASSERT_EQ(snapshot.missing.size(), 1U);
  EXPECT_EQ(snapshot.missing[0].what, "state, times and statement of 1 session of other roles");
  EXPECT_THAT(snapshot.missing[0].why, HasSubstr("app"));
  EXPECT_EQ(snapshot.missing[0].cure, "GRANT pg_monitor TO app;");
}

TEST(ToModel, HiddenBackgroundProcessesAreNoSessionsOfOtherRoles) {
  LookRows rows = quiet_server();
  ActivityRow checkpointer = hidden_client(2);
  checkpointer.user.clear();
  checkpointer.database.clear();
  checkpointer.user_oid.reset();
  rows.activity = {checkpointer};
  const model::Snapshot snapshot = model_of(rows);
  EXPECT_EQ(session_in(snapshot, 2).kind, SessionKind::background);
  EXPECT_TRUE(snapshot.complete());
}

TEST(ToModel, TheCureQuotesARoleWhoseNameNeedsIt) {
  const auto cure = [](const std::string& role) {
    LookRows rows = quiet_server();
    rows.facts.role = role;
    rows.activity = {hidden_client(2)};
    return model_of(rows).missing.at(0).cure;
  };
  EXPECT_EQ(cure("app_1"), "GRANT pg_monitor TO app_1;");
  EXPECT_EQ(cure("App"), "GRANT pg_monitor TO \"App\";");
  EXPECT_EQ(cure("app-user"), "GRANT pg_monitor TO \"app-user\";");
  EXPECT_EQ(cure("1app"), "GRANT pg_monitor TO \"1app\";");
  EXPECT_EQ(cure("a\"; DROP TABLE b; --"), "GRANT pg_monitor TO \"a\"\"; DROP TABLE b; --\";");
}

TEST(ToModel, DisabledTrackingIsNamedInMissing) {
  LookRows rows = quiet_server();
  rows.activity = {client(1, "disabled"), client(2, "disabled"), client(3, "idle")};
  const model::Snapshot snapshot = model_of(rows);
  ASSERT_EQ(snapshot.missing.size(), 1U);
  EXPECT_EQ(snapshot.missing[0].what, "state and statement of 2 sessions");
  EXPECT_THAT(snapshot.missing[0].cure, HasSubstr("track_activities"));
}

TEST(ToModel, StatementsThatTheServerCutOffAreMarked) {
  const auto truncated = [](const std::string& query) {
    LookRows rows = quiet_server();
    rows.facts.query_size = 64;
    rows.activity = {client(1, "active")};
    rows.activity[0].query = query;
    return session_in(model_of(rows), 1).statement.value().truncated;
  };
  const std::string start = "SELECT ";
  EXPECT_TRUE(truncated(start + std::string(63 - start.size(), 'a')));
  EXPECT_TRUE(truncated(start + std::string(60 - start.size(), 'a'))) << "cut before a character of four bytes";
  EXPECT_FALSE(truncated(start + std::string(59 - start.size(), 'a')));
  EXPECT_TRUE(truncated("SELECT 'no end")) << "a quote that does not end";
}

TEST(ToModel, AStatementKeepsItsServersIdUnlessThatIsNone) {
  ActivityRow row = client(1, "active");
  EXPECT_FALSE(only_session(row).statement);
  row.query = "";
  EXPECT_FALSE(only_session(row).statement);
  row.query = "SELECT 1";
  row.query_id = "0";
  EXPECT_EQ(only_session(row).statement.value().server_id, std::nullopt);
  row.query_id = "-77";
  EXPECT_EQ(only_session(row).statement.value().server_id, "-77");
}

TEST(ToModel, NoLiteralSurvives) {
  const std::vector<std::string> queries{
      "SELECT * FROM cards WHERE number = 'sekret'",
      "SELECT * FROM cards WHERE number = E'sek\\'sekret' OR number = $q$sekret$q$ OR pin = 4242424242",
      "/* sekret */ UPDATE cards SET owner = U&'sekret' -- sekret",
      "INSERT INTO cards VALUES ('sekret', B'0101', X'5EC2E7', -4242424242.5e7), ('sekret', NULL, NULL, NULL)",
      "SELECT * FROM cards WHERE number = 'sekret and no end",
      "ALTER ROLE app PASSWORD 'sekret'",
      "COPY cards FROM '/sekret/cards'"};
  for (const auto& query : queries) {
    LookRows rows = quiet_server();
    std::int64_t pid = 0;
    for (const std::string state : {"active", "idle in transaction", "idle in transaction (aborted)", "disabled"}) {
      rows.activity.push_back(client(++pid, state));
      rows.activity.back().query = query;
    }
    rows.activity.push_back(worker(++pid, 1));
    rows.activity.back().query = query;
    const auto texts = all_strings(model_of(rows));
    EXPECT_THAT(texts, testing::Each(testing::Not(testing::AnyOf(HasSubstr("sekret"), HasSubstr("4242424242"),
                                                                 HasSubstr("0101"), HasSubstr("5EC2E7")))))
        << query;
  }
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
