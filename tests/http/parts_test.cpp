// The parts that know neither socket nor board: changes, a reader's queue, the audit's end, the worker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "http/audit_tail.hpp"
#include "http/changes.hpp"
#include "http/event_queue.hpp"
#include "http/worker.hpp"
#include "support/servers.hpp"

namespace lockkeeper::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

model::Finding finding(const char* id, std::int64_t count, model::Severity severity = model::Severity::warning) {
  model::Finding made;
  made.id = model::FindingId(id);
  made.count = count;
  made.severity = severity;
  return made;
}

std::vector<std::string> told(const std::vector<model::Finding>& before, const std::vector<model::Finding>& after) {
  std::vector<std::string> result;
  for (const Change& change : changes(before, after))
    result.push_back(std::string(to_string(change.kind)) + " " + change.finding->id.value() + " " +
                     std::to_string(change.finding->count));
  return result;
}

TEST(Changes, AreWhatCameChangedAndWent) {
  const std::vector before{finding("a", 1), finding("b", 1), finding("c", 1), finding("d", 4)};
  const std::vector after{finding("e", 2), finding("a", 1), finding("b", 3),
                          finding("c", 1, model::Severity::critical)};
  EXPECT_THAT(told(before, after), ElementsAre("opened e 2", "changed b 3", "changed c 1", "closed d 4"));
}

TEST(Changes, AreNoneWhereOnlyTheOrderAndTheWordsAreOthers) {
  std::vector before{finding("a", 1), finding("b", 1)};
  std::vector after{finding("b", 1), finding("a", 1)};
  after[0].title = "idle for 5 s";
  EXPECT_THAT(told(before, after), IsEmpty());
  EXPECT_THAT(told({}, {}), IsEmpty());
}

TEST(EventQueue, KeepsTheNewestLookOfEachServer) {
  EventQueue queue(4);
  queue.add_look("a", "a1 ");
  queue.add_look("b", "b1 ");
  queue.add_finding("f1 ");
  queue.add_look("a", "a2 ");
  EXPECT_EQ(queue.take(), "b1 f1 a2 ");
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, IsCutRatherThanLeavingAFindingOut) {
  EventQueue queue(3);
  for (int i = 0; i < 100; ++i) queue.add_look("a", "look ");
  for (const char* text : {"f1 ", "f2 "}) queue.add_finding(text);
  EXPECT_FALSE(queue.cut());
  queue.add_finding("f3 ");
  EXPECT_TRUE(queue.cut());
  queue.add_finding("f4 ");
  EXPECT_TRUE(queue.empty());
}

TEST(AuditTail, GivesTheNewestFirst) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "audit.jsonl";
  EXPECT_THAT(*audit_tail(path, 10), IsEmpty());
  EXPECT_THAT(*audit_tail("", 10), IsEmpty());
  testing::write_file(path, "one\ntwo\n\nthree\n");
  EXPECT_THAT(*audit_tail(path, 10), ElementsAre("three", "two", "one"));
  EXPECT_THAT(*audit_tail(path, 2), ElementsAre("three", "two"));
  testing::write_file(path, "one\nhalf");
  EXPECT_THAT(*audit_tail(path, 10), ElementsAre("half", "one"));
  testing::write_file(path, "");
  EXPECT_THAT(*audit_tail(path, 10), IsEmpty());
}

TEST(AuditTail, ReadsTheEndOfALongFileAlone) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "audit.jsonl";
  testing::write_file(path, std::string(1000, 'x') + "\nlast but one\nlast\n");
  EXPECT_THAT(*audit_tail(path, 10, 25), ElementsAre("last", "last but one"));
  testing::write_file(path, std::string(1000, 'x'));
  EXPECT_THAT(*audit_tail(path, 10, 25), IsEmpty());
}

TEST(AuditTail, SaysWhyItCannotBeRead) {
  const testing::TemporaryFolder folder;
  const auto lines = audit_tail(folder.path(), 10);
  ASSERT_FALSE(lines.has_value());
  EXPECT_THAT(lines.error(), ::testing::HasSubstr(folder.path().string()));
}

TEST(Worker, RunsJobsInOrderAndRefusesTooMany) {
  Worker worker(2);
  std::promise<void> started;
  std::promise<void> go_on;
  std::promise<void> ended;
  std::string order;
  ASSERT_TRUE(worker.submit([&] {
    started.set_value();
    go_on.get_future().wait();
    order += "1";
  }));
  started.get_future().wait();
  EXPECT_TRUE(worker.submit([&] { order += "2"; }));
  EXPECT_TRUE(worker.submit([&] {
    order += "3";
    ended.set_value();
  }));
  EXPECT_FALSE(worker.submit([] {}));
  go_on.set_value();
  ended.get_future().wait();
  worker.stop();
  EXPECT_EQ(order, "123");
  EXPECT_FALSE(worker.submit([] {}));
}

}  // namespace
}  // namespace lockkeeper::http
