// The join of a recording and a snapshot, and what it adds to the rules that need no recorder.
#include "rules/recorded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/catalogue.hpp"
#include "rules/recordings.hpp"
#include "rules/story.hpp"

namespace lockkeeper::rules {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Action;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Recorded one_session() {
  Recorded scene;
  scene.add(client(7).named("lockkeeper").idle_in_transaction(30s));
  scene.add(recorded(1).named("shop-web").began(31s).holds(7));
  return scene;
}

TEST(Recorded, ASessionIsNamedForTheClientThatItServes) {
  const auto seen = one_session().seen();
  ASSERT_THAT(seen.sessions, SizeIs(1));
  EXPECT_EQ(seen.sessions.front().application, "shop-web");
  EXPECT_EQ(seen.sessions.front().client, "192.168.0.9:50001");
  EXPECT_EQ(seen.sessions.front().id, id_of(7)) << "who it is to the server stays as it is";
  EXPECT_TRUE(seen.complete());
  EXPECT_EQ(with_clients(seen, *one_session().recording).sessions.front().client, "192.168.0.9:50001");
}

TEST(Recorded, TheJoinWorksBothWays) {
  const Recorded scene = one_session();
  const auto seen = scene.seen();
  const Blocking blocking(seen);
  const Window window;
  const Look look{seen, blocking, window, &*scene.recording};
  const Clients clients(look);
  EXPECT_EQ(clients.of(id_of(7)), &scene.recording->clients.front());
  EXPECT_EQ(clients.session_of(scene.recording->clients.front()), &seen.sessions.front());
  EXPECT_EQ(clients.of(id_of(8)), nullptr);
  EXPECT_EQ(Clients({seen, blocking, window}).of(id_of(7)), nullptr) << "no recorder";
}

TEST(Recorded, LookAlikesAreNotJoined) {
  Recorded scene = one_session();
  scene.recording->clients.front().server->session.pid = 8;
  EXPECT_EQ(scene.seen().sessions.front().application, "lockkeeper") << "another pid";
  scene = one_session();
  scene.recording->clients.front().server->local_endpoint = "10.0.0.7:1";
  EXPECT_EQ(scene.seen().sessions.front().application, "lockkeeper") << "the pid of another server";
  scene = one_session();
  scene.recording->clients.front().transaction.reset();
  EXPECT_EQ(scene.seen().sessions.front().application, "lockkeeper") << "the connection had gone to another meanwhile";
}

TEST(Recorded, LostFactsAreMissing) {
  Recorded scene = one_session();
  const auto seen = scene.lost(12).seen();
  ASSERT_THAT(seen.missing, SizeIs(1));
  EXPECT_EQ(seen.missing.front().what, "12 facts about what clients did");
}

TEST(Recorded, ARecorderAloneShowsTheSessionsThatItsClientsHold) {
  Recorded scene;
  scene.add(recorded(1).began(31s).ran("UPDATE a SET b = 1", 30s).holds(7));
  scene.add(recorded(2).waiting(3s)).alone();
  const auto seen = scene.seen();
  ASSERT_THAT(seen.sessions, SizeIs(1));
  const auto& session = seen.sessions.front();
  EXPECT_EQ(session.id, id_of(7));
  EXPECT_EQ(session.state, model::SessionState::idle_in_transaction);
  EXPECT_EQ(session.application, "shop");
  EXPECT_EQ(session.statement->text, "UPDATE a SET b = ?");
  EXPECT_TRUE(session.transaction->wrote);
  EXPECT_EQ(seen.server.name, "127.0.0.1:5432");
  EXPECT_FALSE(seen.complete());
  EXPECT_FALSE(seen_on_server(seen));
  EXPECT_TRUE(seen_on_server(Recorded().seen()));
}

TEST(RecordedIdleTransaction, TellsTheWholeStoryOfIncidentOne) {
  const auto finding = only(webhook_leak(), idle_transaction);
  EXPECT_EQ(finding.title,
            "3 transactions of application \"webhook\" (user alice, database shop) are idle, the oldest for 1 min");
  EXPECT_EQ(evidence<std::string>(finding, "client"),
            "client 3 of application \"webhook\" (user alice, database shop) at 192.168.0.9:50003");
  EXPECT_EQ(evidence<std::int64_t>(finding, "clients_connected"), 3);
  EXPECT_EQ(evidence<std::int64_t>(finding, "siblings_in_order"), 1);
  EXPECT_EQ(evidence<std::int64_t>(finding, "statements_run"), 3);
  EXPECT_EQ(evidence<model::Duration>(finding, "in_database"), 11ms);
  EXPECT_EQ(evidence<model::Duration>(finding, "outside_database"), 60'200ms - 11ms);
  const auto& lines = finding.evidence.statements;
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0].text, "BEGIN");
  EXPECT_EQ(lines[1].text, "SELECT * FROM shops WHERE id = ?");
  EXPECT_EQ(lines[2].text, "SELECT * FROM instagram_product WHERE origin_id = ?");
  EXPECT_EQ(lines[2].gap_before, 140ms);
  EXPECT_THAT(finding.explanation, HasSubstr("ran 3 statements in 11 ms of database time"));
  ASSERT_THAT(actions(finding), ElementsAre(Action::terminate, Action::close_client));
  EXPECT_EQ(finding.remedies[1].statement, "KILL_CLIENT 3; KILL_CLIENT 2; KILL_CLIENT 1;");
  EXPECT_THAT(finding.remedies[1].clients, ElementsAre(3, 2, 1));
}

TEST(RecordedIdleTransaction, ClientsOfTwoProgramsAreTwoFindingsThoughTheServerSeesOne) {
  Recorded scene = webhook_leak();
  scene.add(client(200).named("lockkeeper").idle_in_transaction(50s).ran("SELECT * FROM instagram_product"));
  scene.add(recorded(20).named("billing").began(51s).ran("SELECT * FROM instagram_product", 50s).holds(200));
  EXPECT_THAT(scene.judge(idle_transaction), SizeIs(2));
}

TEST(RecordedIdleTransaction, ARecorderAloneFindsTheSameAndClosesItsClients) {
  const auto finding = only(webhook_leak().alone(), idle_transaction);
  EXPECT_EQ(finding.id, only(webhook_leak(), idle_transaction).id);
  EXPECT_EQ(finding.count, 3);
  EXPECT_THAT(finding.evidence.statements, SizeIs(3));
  EXPECT_THAT(actions(finding), ElementsAre(Action::close_client)) << "the server knows no such session id";
  EXPECT_FALSE(has_evidence(finding, "connections_usable"));
}

TEST(RecordedIdleTransaction, WithoutARecorderNothingOfItIsSaid) {
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s));
  const auto finding = only(scene, idle_transaction);
  EXPECT_FALSE(has_evidence(finding, "client"));
  EXPECT_THAT(finding.evidence.statements, IsEmpty());
}

TEST(RecordedIdleTransaction, ASessionPastTheRecorderIsToldWithoutAStory) {
  Recorded scene;
  scene.add(client(1).idle_in_transaction(30s));
  const auto finding = only(scene, idle_transaction);
  EXPECT_FALSE(has_evidence(finding, "client"));
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate));
}

TEST(RecordedRootBlocker, ShowsTheLoopOfIncidentTwoAndThatTheNextIsAlike) {
  const auto finding = only(stuck_post(), root_blocker);
  EXPECT_THAT(finding.title, HasSubstr("1 session waits behind session 4711 of application \"post-publisher\""));
  EXPECT_EQ(evidence<std::int64_t>(finding, "behind_alike"), 1);
  EXPECT_EQ(evidence<std::int64_t>(finding, "statements_run"), 2 + 300 * 6);
  EXPECT_EQ(evidence<std::int64_t>(finding, "statements_dropped"), 1802 - (2 + 15 * 6) - 48 * 6);
  EXPECT_GT(evidence<model::Duration>(finding, "outside_database"), 590s);
  ASSERT_THAT(finding.evidence.statements, SizeIs(32 + 1 + 96));
  EXPECT_EQ(finding.evidence.statements[2].text, "SELECT id FROM follower WHERE seen > ? ORDER BY id LIMIT ?");
  EXPECT_EQ(finding.evidence.statements[3].count, 5);
  EXPECT_EQ(finding.evidence.statements[32].dropped, evidence<std::int64_t>(finding, "statements_dropped"));
  EXPECT_THAT(finding.explanation, HasSubstr("once let in, it will do the same"));
  EXPECT_THAT(actions(finding), ElementsAre(Action::terminate, Action::close_client));
}

// With autocommit off a transaction is there once its first statement is answered.
TEST(RecordedRootBlocker, WhoWaitsInItsFirstStatementMayBeAlikeToo) {
  Recorded scene;
  scene.add(recorded(1).began_by_itself(60s).ran("SELECT a FROM post WHERE id = 1 FOR UPDATE", 59s).holds(4711));
  scene.add(client(4711).idle_in_transaction(50s, 60s));
  scene.add(client(4712).active(30s)).wait(4712, 4711, 30s);
  scene.add(recorded(2).active("SELECT a FROM post WHERE id = 2 FOR UPDATE", 30s).holds(4712));
  scene.add(client(4713).active(30s)).wait(4713, 4711, 30s);
  scene.add(recorded(3).active("UPDATE post SET a = 1 WHERE id = 1", 30s).holds(4713));
  EXPECT_EQ(evidence<std::int64_t>(only(scene, root_blocker), "behind_alike"), 1);
}

TEST(Story, AFindingNamesTenClientsAndKnowsAll) {
  std::vector<std::uint64_t> clients(12);
  for (std::size_t index = 0; index < clients.size(); ++index) clients[index] = index + 1;
  const auto remedy = close_clients(clients, "12 freed");
  EXPECT_THAT(remedy.clients, SizeIs(12));
  EXPECT_THAT(remedy.statement, HasSubstr("KILL_CLIENT 10; -- and 2 more clients"));
}

}  // namespace
}  // namespace lockkeeper::rules
