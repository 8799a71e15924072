// Whole screens as a person sees them. To see what changed:
//   LOCKKEEPER_UPDATE_GOLDEN=1 ctest --preset dev -R '^cli_top$' && git diff tests/report/golden
#include "cli/top/layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.hpp"
#include "cli/top/scenes.hpp"
#include "report/golden.hpp"

namespace lockkeeper::cli::top {
namespace {

using namespace std::chrono_literals;
using test::client;
using test::expect_golden;
using test::Scene;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(TopScreen, SessionsAreSortedByWhatMatters) {
  const Picture picture = picture_of(busy_shop());
  expect_golden("top_sessions_80x24", screen({}, picture));
  expect_golden("top_sessions_120x40", screen({}, picture, {120, 40}));
}

TEST(TopScreen, IsReadableInSixtyColumns) {
  expect_golden("top_sessions_60x15", screen({}, picture_of(busy_shop()), {60, 15}));
}

TEST(TopScreen, TooSmallSaysSo) {
  EXPECT_THAT(screen({}, picture_of(busy_shop()), {40, 10}), HasSubstr("40 x 10 is too small: lockkeeper top"));
  for (std::size_t width = 0; width < 60; ++width) {
    for (const std::size_t height : {0U, 1U, 3U, 12U}) {
      const Screen small = layout({}, picture_of(busy_shop()), {{width, height}, {}});
      EXPECT_LE(small.lines.size(), height);
    }
  }
}

TEST(TopScreen, FindingsNameTheMistake) {
  State state;
  state.tab = Tab::findings;
  const Picture picture = picture_of(busy_shop());
  expect_golden("top_findings_80x24", screen(state, picture));
  expect_golden("top_finding_80x24", screen(press_all(state, picture, {"<enter>"}).state, picture));
}

TEST(TopScreen, WaitsAreATree) {
  State state;
  state.tab = Tab::waits;
  expect_golden("top_waits_80x24", screen(state, picture_of(busy_shop())));
  EXPECT_THAT(screen(state, picture_of(Scene())), HasSubstr("Nobody waits for a lock."));
}

TEST(TopScreen, ATransactionSaysWhyOnlyItsLastStatementIsKnown) {
  const Picture picture = picture_of(busy_shop());
  const State state = press_all({}, picture, {"<enter>"}).state;
  expect_golden("top_transaction_80x24", screen(state, picture));
  EXPECT_THAT(screen(state, picture, {100, 50}), HasSubstr("PostgreSQL keeps only a session's last statement."));
}

TEST(TopScreen, ATransactionsStatementsAsFarAsMysqlKeepsThem) {
  Scene scene = busy_shop();
  scene.snapshot.server.product = "MariaDB";
  model::StatementHistory history;
  history.lost_at_most = 3;
  for (const auto* text : {"SELECT * FROM followers WHERE id = ?", "UPDATE followers SET n = n + ?"})
    history.statements.push_back({test::statement(text), test::look_time() - 4min, 2ms, 1, ""});
  for (auto& session : scene.snapshot.sessions) {
    if (session.id.pid == 101) session.transaction->history = history;
  }
  const Picture picture = picture_of(scene);
  const std::string seen = screen(press_all({}, picture, {"<enter>"}).state, picture, {100, 50});
  EXPECT_THAT(seen, HasSubstr("at most 3 statements that were not kept"));
  EXPECT_THAT(seen, HasSubstr("UPDATE followers SET n = n +"));
  EXPECT_THAT(seen, HasSubstr("The server keeps the last few alone."));
}

TEST(TopScreen, AServerThatCannotBeLookedAtIsABanner) {
  expect_golden("top_failed_at_first_80x24", screen({}, failed()));
  const Scene scene = busy_shop();
  expect_golden("top_failed_later_80x24", screen({}, failed(&scene)));
}

TEST(TopScreen, BeforeTheFirstLook) { EXPECT_THAT(screen({}, nothing_seen()), HasSubstr("Connecting ...")); }

TEST(TopScreen, AHealthyServerSaysSo) {
  Scene scene;
  scene.add_idle_clients(3);
  const std::string seen = screen({}, picture_of(scene));
  EXPECT_THAT(seen, HasSubstr("healthy: nothing is stuck"));
  EXPECT_THAT(seen, HasSubstr("All 3 sessions are idle; i shows them."));
}

TEST(TopScreen, WhatCouldNotBeSeenIsNotCalledHealthy) {
  Scene scene;
  scene.add(client(1).hidden());
  scene.snapshot.missing = {{"state, times and statement of 1 session of other roles",
                             "role app is neither superuser nor member of pg_monitor", "GRANT pg_monitor TO app;"}};
  const std::string seen = screen({}, picture_of(scene), {140, 24});
  EXPECT_THAT(seen, HasSubstr("GRANT pg_monitor TO app;"));
  EXPECT_THAT(seen, Not(HasSubstr("healthy")));
}

TEST(TopScreen, ALookThatIsLateIsToldOf) {
  const Picture picture = picture_of(busy_shop());
  const auto at = [&](model::Duration later) {
    return text_of(layout({}, picture, {{80, 24}, test::look_time() + later}));
  };
  EXPECT_THAT(at(1s), HasSubstr("every 1s"));
  EXPECT_THAT(at(7s), HasSubstr("last look 7s ago"));
  State paused;
  paused.is_paused = true;
  EXPECT_THAT(text_of(layout(paused, picture, {{80, 24}, test::look_time() + 7s})), HasSubstr("PAUSED for 7s"));
}

TEST(TopScreen, NoLineIsWiderThanTheScreen) {
  const Picture picture = picture_of(busy_shop());
  std::vector<State> states(1);
  for (const auto& keys : std::vector<std::vector<std::string>>{
           {"2"}, {"2", "<enter>"}, {"3"}, {"<enter>"}, {"5"}, {"?"}, {"i"}, {"/", "a", "p"}, {"k"}, {"<end>"}})
    states.push_back(press_all({}, picture, keys).state);
  for (const State& state : states) {
    for (std::size_t width = least_size.width; width < 200; width += 7) {
      for (const std::size_t height : {least_size.height, std::size_t{24}, std::size_t{60}}) {
        const Screen seen = layout(state, picture, {{width, height}, test::look_time()});
        EXPECT_EQ(seen.lines.size(), height);
        for (const Line& line : seen.lines) EXPECT_LE(columns(line), width) << text_of(line);
      }
    }
  }
}

TEST(TopScreen, HelpFitsOnAScreenOfEightyColumns) {
  State state;
  state.shows_help = true;
  expect_golden("top_help_100x36", screen(state, picture_of(busy_shop()), {100, 36}));
}

TEST(TopScreen, ShowsWhatWouldBeEndedBeforeItAsks) {
  const Picture picture = picture_of(busy_shop());
  Turn turn = press_all({}, picture, {"k"});
  EXPECT_EQ(turn.effect.kind, Effect::Kind::plan);
  model::ActionReport report;
  report.observed_at = test::look_time();
  report.targets = {{*picture.rows.front().session, {model::ActionOutcome::would_act, ""}}};
  report.predicted_freed = {test::id_of(102), test::id_of(103), test::id_of(104)};
  expect_golden("top_confirm_80x24", screen(answered(turn.state, report), picture));
}

TEST(Screen, WideLettersTakeTwoColumns) {
  EXPECT_EQ(fit("日本語", 5), "日本…");
  EXPECT_EQ(fit("日本語", 4), "日… ");
  EXPECT_EQ(fit("日本語", 8), "日本語  ");
  EXPECT_EQ(fit_right("12", 4), "  12");
  EXPECT_EQ(shorten("abc", 0), "");
  EXPECT_EQ(base::columns("e\xCC\x81"), 1U);
  EXPECT_EQ(base::clip("日本語", 5), "日本");
}

TEST(Screen, PagesKeepTheirColoursAndGoOnInTheNextLine) {
  const auto lines = lines_of_page("\x1b[1;31mcritical\x1b[0m and so on for a long time\n\nshort\n", 20);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0][0].style, Style::critical);
  EXPECT_EQ(text_of(lines[0]), "critical and so on");
  EXPECT_EQ(text_of(lines[1]), "      for a long");
  EXPECT_EQ(text_of(lines[2]), "      time");
  EXPECT_EQ(text_of(lines[4]), "short");
}

TEST(Screen, WithoutUtf8LinesAreDrawnInAscii) { EXPECT_EQ(in_ascii("│  ├─ x … 日é"), "|  |- x ~ ???"); }

}  // namespace
}  // namespace lockkeeper::cli::top
