// What each kind of role sees: all, or what is its own, with the rest named in `missing`.
#include <gmock/gmock.h>

#include "collect/looking.hpp"
#include "rules/blocking.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using model::SessionState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Roles : public OnServer {
 protected:
  // A role of that kind, new in every case; `Shop App` is a name that has to be quoted.
  void make_role(const std::string& name, const std::string& grants) {
    observer().exec("DROP ROLE IF EXISTS \"" + name + "\"");
    observer().exec("CREATE ROLE \"" + name + "\" LOGIN " + grants);
  }
};
LOCKKEEPER_ON_MAIN_VERSIONS(Roles);

TEST_P(Roles, ASuperuserSeesEverything) {
  const model::Snapshot snapshot = Looker(server().url()).look();
  EXPECT_EQ(snapshot.observer_role, "postgres");
  EXPECT_TRUE(snapshot.complete());
}

TEST_P(Roles, AMemberOfPgMonitorSeesEverything) {
  make_role("watcher", "IN ROLE pg_monitor");
  Session holder = session();
  holder.exec("BEGIN; UPDATE shop.orders SET paid = true WHERE id = 1");
  const model::Snapshot snapshot = Looker(server().url("postgres", "watcher")).look();
  EXPECT_EQ(snapshot.observer_role, "watcher");
  EXPECT_TRUE(snapshot.complete());
  const model::Session& seen = session_of(snapshot, holder.pid());
  EXPECT_EQ(seen.state, SessionState::idle_in_transaction);
  EXPECT_TRUE(seen.superuser);
  EXPECT_TRUE(seen.statement);
}

TEST_P(Roles, AnOrdinaryRoleSeesItsOwnAndThatThereAreOthers) {
  make_role("Shop App", "");
  Session foreign = session("foreign");
  foreign.exec("BEGIN; SELECT 'sekret'; UPDATE shop.orders SET paid = true WHERE id = 1");
  Session own(server().url("postgres", "Shop App"), "own");
  own.send("UPDATE shop.orders SET paid = false WHERE id = 1");
  lockkeeper::testing::wait_until_waiting(observer(), own.pid());
  const model::Snapshot snapshot = Looker(server().url("postgres", "Shop App")).look();
  const model::Session& hidden = session_of(snapshot, foreign.pid());
  EXPECT_EQ(hidden.state, SessionState::hidden);
  EXPECT_EQ(hidden.kind, model::SessionKind::client);
  EXPECT_EQ(hidden.application, "foreign");
  EXPECT_FALSE(hidden.statement);
  EXPECT_FALSE(hidden.transaction);
  EXPECT_THAT(locks_of(hidden), ElementsAre("RowExclusiveLock on shop.orders")) << "locks are shown to everybody";
  const model::Session& visible = session_of(snapshot, own.pid());
  EXPECT_EQ(visible.state, SessionState::active);
  ASSERT_TRUE(visible.statement);
  EXPECT_THAT(pids_of(wait_of(snapshot, own.pid()).blocked_by), ElementsAre(foreign.pid()));
  EXPECT_THAT(pids_of(rules::Blocking(snapshot).roots()), ElementsAre(foreign.pid()));
  EXPECT_FALSE(snapshot.complete());
}

TEST_P(Roles, TheCureThatMissingNamesCuresIt) {
  make_role("Shop App", "");
  Session foreign = session("foreign");
  const std::string url = server().url("postgres", "Shop App");
  const model::Snapshot before = Looker(url).look();
  ASSERT_EQ(before.missing.size(), 1U);
  EXPECT_THAT(before.missing[0].what, HasSubstr("of other roles"));
  EXPECT_THAT(before.missing[0].why, HasSubstr("Shop App"));
  EXPECT_EQ(before.missing[0].cure, "GRANT pg_monitor TO \"Shop App\";");
  observer().exec(before.missing[0].cure);
  const model::Snapshot after = Looker(url).look();
  EXPECT_TRUE(after.complete());
  EXPECT_EQ(session_of(after, foreign.pid()).state, SessionState::idle);
}

TEST_P(Roles, ASessionThatIsNotTrackedIsNamedInMissing) {
  Session silent = session("silent");
  silent.exec("SET track_activities = off");
  const model::Snapshot snapshot = Looker(server().url()).look();
  EXPECT_EQ(session_of(snapshot, silent.pid()).state, SessionState::other);
  ASSERT_EQ(snapshot.missing.size(), 1U);
  EXPECT_EQ(snapshot.missing[0].what, "state and statement of 1 session");
  EXPECT_THAT(snapshot.missing[0].cure, HasSubstr("track_activities"));
}

}  // namespace
}  // namespace lockkeeper::collect::postgres
