// dump and replay: a recording written down and read again gives the same findings.
#include "report/recording_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "report/json.hpp"
#include "report/scenes.hpp"
#include "rules/recordings.hpp"

namespace lockkeeper::report {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

std::string dumped(const Recorded& scene) {
  std::ostringstream out;
  dump(out, *scene.recording, scene.recorder_alone ? nullptr : &scene.snapshot);
  return out.str();
}

std::expected<Replay, ReadFailure> read(const std::string& text) {
  std::istringstream in(text);
  return read_recording(in);
}

Recorded scene_of(Replay replay, const rules::Limits& limits) {
  Recorded scene;
  scene.limits = limits;
  scene.recorder_alone = !replay.snapshot;
  if (replay.snapshot) scene.snapshot = std::move(*replay.snapshot);
  scene.recording = std::move(replay.recording);
  return scene;
}

// All of what is found, as it is shown.
std::string judged(const Scene& scene) {
  model::Diagnosis diagnosis;
  diagnosis.findings = scene.judge_all();
  return to_json(diagnosis, {});
}

std::vector<std::string> lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> result;
  for (std::string line; std::getline(in, line);) result.push_back(line);
  return result;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

TEST(RecordingJson, EveryGoldenCaseIsJudgedTheSameAgain) {
  for (const auto& recorded : recorded_cases()) {
    const std::string text = dumped(recorded.scene);
    auto replay = read(text);
    ASSERT_TRUE(replay) << recorded.name << ": " << replay.error().text();
    EXPECT_EQ(replay->unknown_lines, 0U);
    const Recorded again = scene_of(std::move(*replay), recorded.scene.limits);
    EXPECT_EQ(judged(again), judged(recorded.scene)) << recorded.name;
    EXPECT_EQ(dumped(again), text) << recorded.name << ": nothing is lost on the way";
  }
}

TEST(RecordingJson, MicrosecondsSurvive) {
  Recorded scene;
  scene.add(recorded(1).began(12'345'678us).ran("SELECT 1", 12'000'001us, {.took = 1us}).holds(1)).alone();
  const auto replay = read(dumped(scene));
  ASSERT_TRUE(replay);
  const auto& record = *replay->recording.clients.front().transaction;
  EXPECT_EQ(record.id().started_at, look_time() - 12'345'678us);
  EXPECT_EQ(record.first().back().busy, 1us);
  EXPECT_EQ(record.busy(), 1001us);
}

TEST(RecordingJson, TheHeaderComesFirstAndSharedThingsOnce) {
  const auto all = lines(dumped(stuck_post()));
  EXPECT_THAT(all.front(), StartsWith(R"({"version":1,"kind":"recording","name":"127.0.0.1:6432")"));
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& line) { return line.find(R"("kind":"statement")") == 1; }), 5);
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& line) { return line.find(R"("kind":"identity")") == 1; }), 2);
}

TEST(RecordingJson, FactsOfALibraryAreLeftOutAndCounted) {
  Recorded scene = broken_commit();
  scene.recording->facts.push_back({look_time(), model::LeaseEnded{}});
  scene.recording->facts.push_back({look_time(), model::FactsLost{7}});
  const std::string text = dumped(scene);
  EXPECT_THAT(lines(text).front(), HasSubstr(R"("facts_left_out":1)"));
  const auto replay = read(text);
  ASSERT_TRUE(replay);
  EXPECT_THAT(replay->recording.facts, SizeIs(2));
  EXPECT_EQ(std::get<model::FactsLost>(replay->recording.facts.back().what).count, 7U);
}

TEST(RecordingJson, FactsKeepTheirNumbersAndOlderOnesHaveNone) {
  Recorded scene = broken_commit();
  scene.recording->facts.front().number = 41;
  const std::string text = dumped(scene);
  const auto replay = read(text);
  ASSERT_TRUE(replay);
  EXPECT_EQ(replay->recording.facts.front().number, 41U);
  const auto older = read(replaced(text, R"("number":41,)", ""));
  ASSERT_TRUE(older);
  EXPECT_EQ(older->recording.facts.front().number, 0U);
}

TEST(RecordingJson, UnknownFieldsAreIgnoredAndUnknownKindsCounted) {
  std::string text = replaced(dumped(broken_commit()), R"("facts_lost":0)", R"("facts_lost":0,"colour":[1,{}])");
  text += R"({"kind":"weather","sun":true})"
          "\n\n  \n";
  const auto replay = read(text);
  ASSERT_TRUE(replay) << replay.error().text();
  EXPECT_EQ(replay->unknown_lines, 1U);
  EXPECT_THAT(replay->recording.facts, SizeIs(1));
}

struct Broken {
  std::string what;
  std::string with;
  std::string failure;
};

TEST(RecordingJson, AnErrorNamesTheLineAndTheField) {
  const std::string text = dumped(half_read());
  const std::vector<Broken> cases{
      {R"("version":1)", R"("version":2)", "line 1, version is not 1, which this program reads"},
      {R"("kind":"recording")", R"("kind":"pool")", "line 1, kind is not \"recording\": the header must come first"},
      {R"("taken_at":"2026)", R"("taken_at":"soon)",
       "line 1, taken_at is not a time of RFC 3339: \"soon-11-22T05:10:00.000000Z\""},
      {R"("name":"127.0.0.1:6432",)", "", "line 1, name is missing"},
      {R"("client":5)", R"("client":-5)", "line 2, client is not a whole number from 0 on"},
      {R"("tls":false)", R"("tls":0)", "line 2, tls is neither true nor false"},
      {R"("fingerprint":")", R"("fingerprint":"x)", "line 3, fingerprint is not 16 hexadecimal digits"},
      {R"("identity":1,"state")", R"("identity":9,"state")", "line 5, identity has not come before this line"},
      {R"("state":"idle_in_transaction")", R"("state":"asleep")",
       "line 5, state is no word that is known here: \"asleep\""},
      {R"("duration_ms":1,)", R"("duration_ms":"1",)",
       "line 5, transaction.first[0].first.duration_ms is not a number"},
      {R"("duration_ms":20,)", R"("duration_ms":1e300,)",
       "line 5, transaction.first[1].first.duration_ms is out of range"},
      {R"("count":1,"same)", R"("count":0,"same)", "line 5, transaction.first[0].count is less than 1"},
      {R"("portals":[)", R"("portals":[3,)", "line 5, portals[0] is not an object"},
      {R"("pins":[])", R"("pins":[1])", "line 5, pins holds what is not a string"},
      {R"({"kind":"snapshot")", R"({"kind":"snap")",
       "line 7, kind belongs to a snapshot, and none has come before this line"},
      {R"("xmin_age":5000)", R"("xmin_age":true)", "line 7, transaction.xmin_age is not a whole number of 63 bits"},
  };
  for (const auto& broken : cases) {
    const auto replay = read(replaced(text, broken.what, broken.with));
    ASSERT_FALSE(replay) << broken.failure;
    EXPECT_EQ(replay.error().text(), broken.failure);
  }
  EXPECT_THAT(read(text + "{").error().text(), StartsWith("line 8 is not JSON: "));
  EXPECT_EQ(read(text + "[]\n").error().text(), "line 8 is not an object");
  EXPECT_EQ(read("").error().text(), "line 1 is not there: this is no recording");
}

TEST(RecordingJson, MoreThanIsEverKeptIsRefused) {
  Recorded scene = half_read();
  auto parts = scene.recording->clients.front().transaction->parts();
  parts.first.resize(model::TransactionRecord::first_kept + 1, parts.first.front());
  scene.recording->clients.front().transaction = model::TransactionRecord::from(parts);
  EXPECT_THAT(read(dumped(scene)).error().text(), HasSubstr("transaction.first holds more than is ever kept"));
}

// Whatever the bytes, the answer is a recording that can be judged, or an error.
TEST(RecordingJson, AnyBytesAreReadOrRefused) {
  const std::string text = dumped(pool_and_lock());
  for (std::size_t end = 0; end < text.size(); end += 7) static_cast<void>(read(text.substr(0, end)));
  std::mt19937 random(7);  // NOLINT: the same every time
  for (int round = 0; round < 2000; ++round) {
    std::string changed = text;
    for (int change = 0; change < 3; ++change)
      changed[random() % changed.size()] = "0123456789\"{}[],:-nt"[random() % 20];
    auto replay = read(changed);
    if (replay) static_cast<void>(judged(scene_of(std::move(*replay), {})));
  }
}

TEST(RecordingJson, TextThatIsNotUtf8IsMended) {
  Recorded scene;
  scene.add(recorded(1).named("a\xff").began(60s).holds(1)).alone();
  const auto replay = read(dumped(scene));
  ASSERT_TRUE(replay);
  EXPECT_EQ(replay->recording.clients.front().who->application, "a\xEF\xBF\xBD");
}

}  // namespace
}  // namespace lockkeeper::report
