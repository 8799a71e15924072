// Commands that are there to be copied into a shell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/options.hpp"
#include "report/scenes.hpp"
#include "report/text.hpp"

namespace lockkeeper::report {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::Not;

TEST(ShellWord, PlainWordsStayAndOthersAreQuoted) {
  EXPECT_EQ(shell_word("postgresql://monitor@db.example:5432/shop"), "postgresql://monitor@db.example:5432/shop");
  EXPECT_EQ(shell_word("postgresql:///shop?host=/tmp&port=5433"), "'postgresql:///shop?host=/tmp&port=5433'");
  EXPECT_EQ(shell_word("host=db user=o'neil"), "'host=db user=o'\\''neil'");
  EXPECT_EQ(shell_word("$(reboot)"), "'$(reboot)'");
  EXPECT_EQ(shell_word("`reboot`"), "'`reboot`'");
  EXPECT_EQ(shell_word("a;b|c>d<e\\f\"g\n#h!i*j[k]l{m}~"), "'a;b|c>d<e\\f\"g\n#h!i*j[k]l{m}~'");
  EXPECT_EQ(shell_word("~root"), "'~root'");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("'"), "''\\'''");
}

model::Finding finding(const std::string& id) {
  model::Finding result;
  result.id = model::FindingId(id);
  return result;
}

TEST(KillCommand, SuperusersSessionsNeedTheirFlagAndTheTextSaysSo) {
  model::Finding found = finding("idle-transaction-3f2a9c1b");
  found.subjects.resize(2);
  found.remedies.push_back({model::Action::terminate, "", "2 connections freed"});
  EXPECT_EQ(prediction(found, found.remedies.front()), "2 connections freed");
  found.subjects.back().superuser = true;
  EXPECT_EQ(kill_command({}, "", found, model::Action::terminate),
            "lockkeeper kill --finding idle-transaction-3f2a9c1b --include-superusers --yes");
  EXPECT_EQ(prediction(found, found.remedies.front()),
            "2 connections freed (1 of them is a superuser's, hence --include-superusers)");
}

TEST(KillCommand, CarriesUrlFindingLimitsAndKind) {
  const Options usual;
  EXPECT_EQ(kill_command(usual, "service=shop", finding("idle-transaction-3f2a9c1b"), model::Action::terminate),
            "lockkeeper kill service=shop --finding idle-transaction-3f2a9c1b --yes");
  EXPECT_EQ(kill_command(usual, "", finding("idle-transaction-3f2a9c1b"), model::Action::terminate),
            "lockkeeper kill --finding idle-transaction-3f2a9c1b --yes");
  Options given = with_arguments("--min-idle 2s --max-age 1min");
  given.program = "build/lockkeeper";
  EXPECT_EQ(kill_command(given, "postgresql:///a?b=1&c=2", finding("long-transaction-00000001"), model::Action::cancel),
            "build/lockkeeper kill 'postgresql:///a?b=1&c=2' --finding long-transaction-00000001 --min-idle 2s "
            "--max-age 1min --cancel --yes");
}

TEST(KillCommand, LimitsArePassedOnInTheText) {
  const auto diagnosis = diagnose(leaking_webhooks());
  const std::string id = diagnosis.findings.front().id.value();
  EXPECT_THAT(
      to_text(diagnosis, with_arguments("--min-idle 2s")),
      HasSubstr("lockkeeper kill postgresql://monitor@db.example/shop --finding " + id + " --min-idle 2s --yes\n"));
  EXPECT_THAT(to_text(diagnosis, {}), Not(HasSubstr("--min-idle")));
}

TEST(KillCommand, WhatIsForAHumanIsNoKill) {
  Scene scene;
  scene.prepare("it's", std::chrono::hours(1));
  const std::string text = to_text(diagnose(scene), {});
  EXPECT_THAT(text, HasSubstr("= by hand:  ROLLBACK PREPARED 'it''s';\n"));
  EXPECT_THAT(text, Not(HasSubstr("lockkeeper kill")));
}

}  // namespace
}  // namespace lockkeeper::report
