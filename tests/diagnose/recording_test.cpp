// A recorder beside the collector, alone, and replayed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/postgres/collector.hpp"
#include "diagnose/conductor.hpp"

namespace lockkeeper::diagnose {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const model::WallTime noon = *model::parse_time("2026-11-22T12:00:00Z");

// One client that has left a transaction open after a read.
model::Recording leak(model::Duration silent) {
  auto who = std::make_shared<model::ClientIdentity>();
  who->id = 17;
  who->application = "webhook";
  who->user = "alice";
  who->database = "shop";
  who->address = "192.168.0.9:50001";
  auto statement = std::make_shared<model::Statement>();
  statement->text = "SELECT ?";
  statement->kind = sql::StatementKind::select;
  model::RecordedClient client;
  client.who = who;
  client.state = model::ClientState::idle_in_transaction;
  client.state_since = noon - silent;
  client.server = model::HeldServer{{101, noon - 1h}, "127.0.0.1:41000", noon - silent};
  client.statement = statement;
  client.transaction.emplace(model::TransactionId{{101, noon - 1h}, noon - silent});
  model::StatementRun run;
  run.statement = statement;
  run.started_at = noon - silent;
  client.transaction->add(run);
  model::Recording recording;
  recording.name = "127.0.0.1:6432";
  recording.server = "127.0.0.1:5432";
  recording.taken_at = noon;
  recording.clients.push_back(client);
  return recording;
}

TEST(Recording, ARecorderAloneIsJudgedAtEachTick) {
  model::Duration silent = 5s;
  Conductor conductor(nullptr, {}, [&](Duration) { return std::optional(leak(silent)); });
  EXPECT_THAT(conductor.tick(1s).findings, IsEmpty());
  silent = 20s;
  const auto diagnosis = conductor.tick(1s);
  ASSERT_THAT(diagnosis.findings, SizeIs(1));
  EXPECT_EQ(diagnosis.findings.front().rule.value(), "idle-transaction");
  EXPECT_THAT(diagnosis.findings.front().evidence.statements, SizeIs(1));
  EXPECT_EQ(diagnosis.url, "postgresql://127.0.0.1:5432");
  EXPECT_FALSE(diagnosis.server.has_value()) << "nobody asked the server";
  EXPECT_FALSE(diagnosis.complete());
  EXPECT_EQ(diagnosis.looks, 2);
  EXPECT_EQ(diagnosis.counts.idle_in_transaction, 1);
  EXPECT_EQ(conductor.glance(1s).looks, 3);
}

TEST(Recording, WhatIsSeenAgainKeepsItsFirstTime) {
  auto now = leak(20s);
  Conductor conductor(nullptr, {}, [&](Duration) { return std::optional(now); });
  ASSERT_THAT(conductor.tick(1s).findings, SizeIs(1));
  now.taken_at += 30s;
  const auto diagnosis = conductor.tick(1s);
  ASSERT_THAT(diagnosis.findings, SizeIs(1));
  EXPECT_EQ(diagnosis.findings.front().first_seen, noon);
  EXPECT_EQ(diagnosis.findings.front().last_seen, noon + 30s);
}

TEST(Recording, ARecorderThatDoesNotAnswerIsAFailure) {
  Conductor conductor(nullptr, {}, [](Duration) { return std::optional<model::Recording>(); });
  const auto diagnosis = conductor.tick(1s);
  ASSERT_TRUE(diagnosis.failure.has_value());
  EXPECT_EQ(diagnosis.failure->code, "deadline");
  EXPECT_EQ(diagnosis.looks, 0);
}

TEST(Recording, NothingIsSignalledByARecorderAlone) {
  Conductor conductor(nullptr, {}, [](Duration) { return std::optional(leak(20s)); });
  ActionRequest request;
  request.finding = conductor.tick(1s).findings.at(0).id;
  const auto report = conductor.act(request);
  ASSERT_TRUE(report.failure.has_value());
  EXPECT_EQ(report.failure->code, "no_such_remedy");
  EXPECT_THAT(report.failure->advice, HasSubstr("KILL_CLIENT"));
  EXPECT_THAT(report.targets, IsEmpty());
}

// A server that nobody reaches; counts who tries.
class Unreachable : public Driver {
 public:
  std::unique_ptr<Connection> connect(const Target&, Deadline) override {
    ++tries;
    throw Failure({ErrorCode::unreachable, "", "nobody answers there", Blast::connection});
  }
  [[nodiscard]] std::string public_url(std::string_view) const override { return "postgresql://db/shop"; }
  int tries = 0;
};

TEST(Recording, WithoutItsServerTheRecorderGoesOnAndTellsWhatFailed) {
  Unreachable driver;
  Conductor conductor(std::make_unique<collect::postgres::Collector>(driver, ""), {},
                      [](Duration) { return std::optional(leak(20s)); });
  const auto diagnosis = conductor.tick(1s);
  EXPECT_THAT(diagnosis.findings, SizeIs(1));
  ASSERT_TRUE(diagnosis.failure.has_value());
  EXPECT_THAT(diagnosis.failure->message, HasSubstr("nobody answers there"));
  ASSERT_THAT(diagnosis.missing, SizeIs(1));
  EXPECT_THAT(diagnosis.missing.front().why, HasSubstr("nobody answers there"));
  EXPECT_EQ(conductor.observed().snapshot, nullptr);
  ASSERT_NE(conductor.observed().recording, nullptr);
  EXPECT_THAT(conductor.observed().recording->clients, SizeIs(1));
}

TEST(Recording, AServerThatFailsIsNotAskedAtEachTick) {
  Unreachable driver;
  Conductor conductor(std::make_unique<collect::postgres::Collector>(driver, ""), {},
                      [](Duration) { return std::optional(leak(20s)); });
  for (int tick = 0; tick < 20; ++tick) EXPECT_TRUE(conductor.tick(1s).failure.has_value());
  EXPECT_EQ(driver.tries, 1) << "the next comes a second later";
  Conductor doctor(std::make_unique<collect::postgres::Collector>(driver, ""), {});
  for (int tick = 0; tick < 3; ++tick) EXPECT_TRUE(doctor.tick(1s).failure.has_value());
  EXPECT_EQ(driver.tries, 4) << "a doctor that watches has nothing else to go by";
}

TEST(Recording, AReplayIsJudgedWithItsSnapshot) {
  model::Snapshot snapshot;
  snapshot.server.product = "PostgreSQL";
  snapshot.server.name = "127.0.0.1:5432";
  snapshot.taken_at = noon;
  auto& session = snapshot.sessions.emplace_back();
  session.id = {101, noon - 1h};
  session.state = model::SessionState::idle_in_transaction;
  session.application = "lockkeeper";
  session.client = "127.0.0.1:41000";
  session.state_changed_at = noon - 20s;
  session.transaction.emplace().started_at = noon - 20s;
  const auto with = judge_recording(leak(20s), snapshot, {});
  ASSERT_THAT(with.findings, SizeIs(1));
  EXPECT_THAT(with.findings.front().title, HasSubstr("application \"webhook\""));
  EXPECT_TRUE(with.server.has_value());
  EXPECT_THAT(with.findings.front().remedies, SizeIs(2));
  const auto alone = judge_recording(leak(20s), std::nullopt, {});
  ASSERT_THAT(alone.findings, SizeIs(1));
  EXPECT_THAT(alone.findings.front().remedies, SizeIs(1));
}

}  // namespace
}  // namespace lockkeeper::diagnose
