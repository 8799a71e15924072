// Who may end whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/kill.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;

class KillPrivileges : public ::testing::TestWithParam<PostgresVersion> {
 protected:
  KillPrivileges() {
    scene.observer().exec("DROP ROLE IF EXISTS keeper; CREATE ROLE keeper LOGIN; GRANT pg_monitor TO keeper");
    url = scene.url("keeper");
  }

  Scene scene{shared_server(GetParam().major)};
  std::string url;
};

TEST_P(KillPrivileges, SeeingIsNotSignalling) {
  Session& leaked = scene.leak(1);
  const auto id = find_id(url);
  const Kill denied = kill(url, {"--finding", id, "--yes"});
  EXPECT_EQ(denied.status(), 1) << denied.finished;
  EXPECT_EQ(denied.outcome(leaked.pid()), "denied");
  EXPECT_THAT(denied.reason(leaked.pid()), HasSubstr("GRANT pg_signal_backend TO"));
  EXPECT_TRUE(scene.exists(leaked));
  ASSERT_EQ(denied.audit.size(), 2U);
  EXPECT_EQ(denied.audit[1].at("outcome"), "denied");

  scene.observer().exec("GRANT pg_signal_backend TO keeper");
  const Kill allowed = kill(url, {"--finding", id, "--yes"});
  EXPECT_EQ(allowed.status(), 0) << allowed.finished;
  EXPECT_FALSE(scene.exists(leaked));
}

TEST_P(KillPrivileges, SuperusersOnlyWhenIncludedByName) {
  Session& admin = scene.leak(1, "admin", "postgres");
  const auto id = find_id(scene.url());
  const Kill skipped = kill(scene.url(), {"--finding", id, "--yes"});
  EXPECT_EQ(skipped.status(), 1) << skipped.finished;
  EXPECT_EQ(skipped.outcome(admin.pid()), "skipped");
  EXPECT_THAT(skipped.reason(admin.pid()), HasSubstr("--include-superusers"));
  EXPECT_TRUE(scene.exists(admin));
  const Kill dry = kill(scene.url(), {"--finding", id});
  EXPECT_EQ(dry.outcome(admin.pid()), "skipped") << "a dry run says so beforehand";

  const Kill ended = kill(scene.url(), {"--finding", id, "--yes", "--include-superusers"});
  EXPECT_EQ(ended.status(), 0) << ended.finished;
  EXPECT_FALSE(scene.exists(admin));
}

TEST_P(KillPrivileges, ASuperusersSessionNeedsASuperuser) {
  scene.observer().exec("GRANT pg_signal_backend TO keeper");
  Session& admin = scene.leak(1, "admin", "postgres");
  const Kill denied = kill(url, {"--session", scene.id_of(admin), "--yes", "--include-superusers"});
  EXPECT_EQ(denied.status(), 1) << denied.finished;
  EXPECT_EQ(denied.outcome(admin.pid()), "denied");
  EXPECT_THAT(denied.reason(admin.pid()), HasSubstr("a superuser's session needs a superuser"));
  EXPECT_TRUE(scene.exists(admin));
}

TEST_P(KillPrivileges, WhoMayNotSeeASessionCannotName) {
  scene.observer().exec("REVOKE pg_monitor FROM keeper; GRANT pg_signal_backend TO keeper");
  Session& leaked = scene.leak(1);
  const Kill blind = kill(url, {"--session", scene.id_of(leaked), "--yes"});
  EXPECT_EQ(blind.status(), 1) << blind.finished;
  EXPECT_TRUE(scene.exists(leaked));
  EXPECT_THAT(string_of(blind.report.at("error").at("message")), HasSubstr("may not be seen by our role"));
  EXPECT_THAT(string_of(blind.report.at("error").at("advice")), HasSubstr("GRANT pg_monitor TO keeper;"));
  const Kill by_finding = kill(url, {"--finding", find_id(scene.url()), "--yes"});
  EXPECT_EQ(by_finding.report.at("error").at("code"), "no_such_finding");
  EXPECT_THAT(string_of(by_finding.report.at("error").at("advice")), HasSubstr("GRANT pg_monitor TO keeper;"));
}

TEST_P(KillPrivileges, OwnSessionsNeedNoGrant) {
  scene.observer().exec("GRANT ALL ON orders TO keeper");
  Session& own = scene.leak(1, "checkout", "keeper");
  scene.observer().exec("REVOKE pg_monitor FROM keeper");
  const Kill ended = kill(url, {"--session", scene.id_of(own), "--yes"});
  EXPECT_EQ(ended.status(), 0) << ended.finished;
  EXPECT_FALSE(scene.exists(own));
  scene.observer().exec("REVOKE ALL ON orders FROM keeper");
}

INSTANTIATE_TEST_SUITE_P(Installed, KillPrivileges, ::testing::ValuesIn(installed_postgres()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
