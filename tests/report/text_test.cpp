#include "report/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.hpp"
#include "report/scenes.hpp"

namespace lockkeeper::report {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr const char* hostile =
    "\x1b[2J\x1b]0;owned\x07\r\nhealthy: all is well\xC2\x9B"
    "31m\xFF\xC0\xAF\tend";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

// What is left when the colours that we put there are taken away.
std::string without_colours(std::string text) {
  for (std::size_t start = text.find("\x1b["); start != std::string::npos; start = text.find("\x1b[", start))
    text.erase(start, text.find('m', start) + 1 - start);
  return text;
}

Scene hostile_scene() {
  Scene scene;
  scene.add(client(1).named(hostile).of(hostile).in(hostile).idle_in_transaction(30s).holds("ShareLock", hostile));
  scene.add(client(2).named(hostile).active(20s)).wait(2, 1, 20s).prepare(hostile, 1h);
  scene.snapshot.waits.front().target = hostile;
  scene.snapshot.missing = {{hostile, hostile, hostile}};
  return scene;
}

TEST(Text, ColourIsOnlyColour) {
  for (const auto& diagnosis : {diagnose(leaking_webhooks()), diagnose(sleeping_publisher()), diagnose(Scene())}) {
    const std::string plain = to_text(diagnosis, {});
    const std::string coloured = to_text(diagnosis, in_colour());
    EXPECT_EQ(plain.find('\x1b'), std::string::npos);
    EXPECT_NE(coloured, plain);
    EXPECT_EQ(without_colours(coloured), plain);
  }
  EXPECT_EQ(without_colours(to_text(acted_kill(), in_colour())), to_text(acted_kill(), {}));
}

TEST(Text, ServersTextCannotPaintTheTerminalOrForgeALine) {
  const std::string text = to_text(diagnose(hostile_scene()), {});
  EXPECT_EQ(text, base::mend_utf8(text));
  for (const auto& line : lines_of(text)) {
    EXPECT_EQ(line, base::printable(line));
    EXPECT_FALSE(line.starts_with("healthy:")) << line;
  }
  auto report = planned_kill();
  report.targets.front().session = hostile_scene().snapshot.sessions.front();
  report.targets.front().result.reason = hostile;
  report.finding->title = hostile;
  report.audit = hostile;
  for (const auto& line : lines_of(to_text(report, {}))) EXPECT_EQ(line, base::printable(line));
  for (const auto& line : lines_of(to_text(model::LookFailure{hostile, hostile, hostile}, {})))
    EXPECT_EQ(line, base::printable(line));
}

TEST(Text, ProseIsWrappedAndCommandsAreNot) {
  auto diagnosis = diagnose(leaking_webhooks());
  diagnosis.url = "postgresql://" + std::string(200, 'x') + "@db/shop";
  for (const std::size_t width : {60U, 80U, 120U}) {
    int commands = 0;
    for (const auto& line : lines_of(to_text(diagnosis, with_width(width)))) {
      const bool command = line.find("lockkeeper kill") != std::string::npos;
      commands += command ? 1 : 0;
      // The headline and who the sessions are stand whole as well.
      const bool whole = line.starts_with("warning[") || line.starts_with("  -->") || line.find("@2026-") != line.npos;
      if (command || whole) continue;
      EXPECT_LE(base::columns(line), width) << line;
    }
    EXPECT_EQ(commands, 1) << "in one line";
  }
}

TEST(Text, NoLineEndsInSpace) {
  for (const auto& text : {to_text(diagnose(leaking_webhooks()), {}), to_text(diagnose(sleeping_publisher()), {}),
                           to_text(acted_kill(), {}), to_text(model::LookFailure{"code", "message", ""}, {})}) {
    for (const auto& line : lines_of(text)) EXPECT_FALSE(line.ends_with(' ')) << '"' << line << '"';
    EXPECT_TRUE(text.ends_with('\n'));
  }
}

TEST(Text, AnEmptyEvidenceIsNotALineButNothingWrittenIs) {
  const std::string text = to_text(diagnose(leaking_webhooks()), {});
  EXPECT_THAT(text, Not(HasSubstr("| blocks ")));
  EXPECT_THAT(text, ContainsRegex("\\| wrote +no\n"));
}

TEST(Text, LongListsSayHowManyMore) {
  const std::string text = to_text(diagnose(leaking_webhooks()), {});
  EXPECT_THAT(text, HasSubstr("and 67 more (--json lists all)"));
  Scene scene;
  scene.add(client(1).idle_in_transaction(30s));
  for (std::int64_t pid = 2; pid < 30; ++pid) scene.add(client(pid).active(1s)).wait(pid, 1, 1s);
  EXPECT_THAT(to_text(diagnose(scene), with_width(200)), HasSubstr("12, 13 and 16 more"));
}

TEST(Text, TheTreeKeepsItsBranches) {
  const std::string text = to_text(diagnose(sleeping_publisher()), {});
  EXPECT_THAT(text, HasSubstr("   | 4711 post-publisher (idle in transaction)\n"));
  EXPECT_THAT(text, HasSubstr("   | ├─ 4801 web (active) waits for ShareLock on transaction 771, 1 min 30 s\n"));
  EXPECT_THAT(text, HasSubstr("   | │  └─ 4900 reader (active) waits for"));
  EXPECT_THAT(text, HasSubstr("   | └─ … and 3 more waiting"));
}

TEST(Text, AFailureAfterALookKeepsWhatWasFound) {
  auto diagnosis = diagnose(leaking_webhooks());
  diagnosis.failure = model::LookFailure{"unreachable", "gone", "try again"};
  EXPECT_THAT(to_text(diagnosis, {}), HasSubstr("idle-transaction"));
  model::Diagnosis never;
  never.failure = diagnosis.failure;
  EXPECT_EQ(to_text(never, {}), "") << "the failure is told on its own";
}

TEST(Text, WithoutAUrlItIsTheServerOfTheEnvironment) {
  auto diagnosis = diagnose(Scene());
  diagnosis.url.clear();
  diagnosis.server.reset();
  EXPECT_THAT(to_text(diagnosis, {}), HasSubstr("the server of the environment"));
}

}  // namespace
}  // namespace lockkeeper::report
