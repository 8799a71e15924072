#include "cli/demo_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/request.hpp"
#include "cli/run.hpp"

namespace lockkeeper::cli {
namespace {

using ::testing::HasSubstr;

Request parse(std::vector<const char*> words) {
  words.insert(words.begin(), {"lockkeeper", "demo"});
  return parse_request(static_cast<int>(words.size()), words.data());
}

DemoRequest understood(const std::vector<const char*>& words) {
  const Request request = parse(words);
  EXPECT_FALSE(request.exit_status) << request.output;
  return request.demo.value_or(DemoRequest{});
}

std::string complaint(const std::vector<const char*>& words) {
  const Request request = parse(words);
  EXPECT_EQ(request.exit_status, Status::usage) << ::testing::PrintToString(words);
  EXPECT_FALSE(request.demo);
  return request.output;
}

TEST(DemoRequest, PlaysAllOnWhateverThereIs) {
  const DemoRequest request = understood({});
  EXPECT_FALSE(request.incident);
  EXPECT_EQ(request.on, "");
  EXPECT_FALSE(request.keep || request.yes || request.json);
  EXPECT_EQ(request.colour, Colour::automatic);
}

TEST(DemoRequest, NamesAnIncidentByNumberOrWord) {
  EXPECT_EQ(understood({"--incident", "3"}).incident, 3);
  EXPECT_EQ(understood({"--incident", "webhook"}).incident, 1);
  EXPECT_EQ(understood({"--incident", "lonely-test"}).incident, 5);
}

TEST(DemoRequest, TakesServersAndFlags) {
  for (const char* server : {"postgres", "mariadb", "mysql", "sqlite"})
    EXPECT_EQ(understood({"--on", server}).on, server);
  EXPECT_TRUE(understood({"--keep"}).keep);
  const DemoRequest request = understood({"--yes", "--json", "--color", "never"});
  EXPECT_TRUE(request.yes && request.json);
  EXPECT_EQ(request.colour, Colour::never);
}

TEST(DemoRequest, SaysWhatIsWrong) {
  EXPECT_THAT(complaint({"--incident", "6"}), HasSubstr("\"6\" is none of 1 to 5, webhook, post"));
  EXPECT_THAT(complaint({"--incident", "webhok"}), HasSubstr("did you mean webhook?"));
  EXPECT_THAT(complaint({"--on", "mariab"}), HasSubstr("did you mean mariadb?"));
  EXPECT_THAT(complaint({"--keep", "--json"}), HasSubstr("leave one out"));
  EXPECT_THAT(complaint({"--keep", "--on", "sqlite"}), HasSubstr("sqlite has none"));
  EXPECT_THAT(complaint({"--color", "red"}), HasSubstr("--color"));
}

}  // namespace
}  // namespace lockkeeper::cli
