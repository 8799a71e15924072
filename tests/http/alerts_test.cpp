// Alerts against a real receiver: Python's HTTP server, which fails as it is told.
#include "http/alerts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include "diagnose/views.hpp"
#include "support/servers.hpp"

namespace lockkeeper::http {
namespace {

using namespace std::chrono_literals;
using namespace lockkeeper::testing;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Writes each request into a file of its folder, and answers with the statuses that it is given, then with 204.
class Receiver {
 public:
  explicit Receiver(const std::string& statuses = "")
      : process_({"/usr/bin/python3", LOCKKEEPER_SOURCE_DIR "/tests/http/webhook_receiver.py", folder_.path().string(),
                  statuses},
                 folder_.path() / "log", std::nullopt) {
    wait_until([&] { return std::filesystem::exists(folder_.path() / "port"); }, default_patience, "the receiver");
    std::ifstream(folder_.path() / "port") >> port_;
  }

  [[nodiscard]] PostUrl url() const { return {false, "127.0.0.1", port_, "/hook?team=db"}; }
  [[nodiscard]] std::vector<boost::json::object> requests() const {
    std::vector<boost::json::object> all;
    for (std::size_t number = 1;; ++number) {
      std::ifstream file(folder_.path() / std::to_string(number));
      if (!file) return all;
      all.push_back(boost::json::parse(std::string(std::istreambuf_iterator<char>(file), {})).as_object());
    }
  }
  void until(std::size_t count) const {
    wait_until([&] { return requests().size() >= count; }, default_patience, "requests");
  }

 private:
  TemporaryFolder folder_;
  std::string port_;
  SupervisedProcess process_;
};

class AlertsTest : public ::testing::Test {
 protected:
  AlertsTest() { limits_.first_pause = 10ms; }

  [[nodiscard]] std::unique_ptr<Alerts> alerts() {
    return std::make_unique<Alerts>(limits_, report::Options{}, [this](bool is_error, const std::string& text) {
      const std::lock_guard guard(mutex_);
      log_.push_back((is_error ? "error: " : "info: ") + text);
    });
  }
  [[nodiscard]] static AlertTarget to(const PostUrl& url) {
    return {.name = "chat", .url = url, .token = "", .min_severity = model::Severity::warning, .servers = {}};
  }
  [[nodiscard]] static std::shared_ptr<diagnose::View> leaks(int count) {
    test::Scene scene;
    for (int pid = 1; pid <= count; ++pid) scene.add(test::client(pid).idle_in_transaction(30s).ran("SELECT 1"));
    auto view = test::view_of(scene);
    view->diagnosis.url = "postgresql://db.example/shop";
    return view;
  }
  [[nodiscard]] std::vector<std::string> log() {
    const std::lock_guard guard(mutex_);
    return log_;
  }
  [[nodiscard]] bool logged(std::string_view part) {
    return std::ranges::any_of(log(), [&](const std::string& line) { return line.contains(part); });
  }

  AlertLimits limits_;
  std::mutex mutex_;
  std::vector<std::string> log_;
};

TEST_F(AlertsTest, TellsAFindingAndThatItIsOver) {
  const Receiver receiver;
  const auto telling = alerts();
  AlertTarget target = to(receiver.url());
  target.token = "open sesame";
  telling->set_targets({target});
  telling->look(*leaks(1));
  telling->look(*leaks(1));
  telling->look(*leaks(0));
  receiver.until(2);
  const auto requests = receiver.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].at("path"), "/hook?team=db");
  EXPECT_EQ(requests[0].at("authorization"), "Bearer open sesame");
  EXPECT_EQ(requests[0].at("content_type"), "application/json");
  const auto& opened = requests[0].at("body").as_object();
  EXPECT_EQ(opened.at("change"), "opened");
  EXPECT_EQ(opened.at("alert"), "chat");
  EXPECT_EQ(opened.at("server"), "main");
  EXPECT_EQ(opened.at("finding").at("rule"), "idle-transaction");
  EXPECT_THAT(std::string(opened.at("text").as_string()), HasSubstr("warning: 1 transaction of application \"shop\""));
  EXPECT_EQ(requests[1].at("body").at("change"), "closed");
  EXPECT_THAT(std::string(requests[1].at("body").at("text").as_string()), HasSubstr("over: "));
  EXPECT_THAT(log(), IsEmpty());
}

TEST_F(AlertsTest, TriesAgainAndSaysSoOnce) {
  const Receiver receiver("500,503,429");
  const auto telling = alerts();
  telling->set_targets({to(receiver.url())});
  telling->look(*leaks(1));
  receiver.until(4);
  wait_until([&] { return log().size() >= 2; }, default_patience, "that it works again");
  EXPECT_THAT(log(), ElementsAre(AllOf(HasSubstr("error: alert chat: http://127.0.0.1:"), HasSubstr("status 500")),
                                 HasSubstr("info: alert chat: it can be told again")));
  EXPECT_EQ(receiver.requests()[0].at("body"), receiver.requests()[3].at("body"));
}

TEST_F(AlertsTest, WhatIsRefusedForGoodIsNotSentAgain) {
  const Receiver receiver("404");
  const auto telling = alerts();
  telling->set_targets({to(receiver.url())});
  telling->look(*leaks(1));
  telling->look(*leaks(0));
  receiver.until(2);
  EXPECT_EQ(receiver.requests()[1].at("body").at("change"), "closed");
  wait_until([&] { return logged("was not told, after 1 attempts: it answered with status 404"); }, default_patience,
             "log");
}

TEST_F(AlertsTest, CountsWhatWasToldAndWhatWasGivenUp) {
  const Receiver receiver("404");
  const auto telling = alerts();
  EXPECT_THAT(telling->counts(), IsEmpty());
  telling->set_targets({to(receiver.url())});
  telling->look(*leaks(1));
  telling->look(*leaks(0));
  const auto counts = [&] { return telling->counts().front(); };
  wait_until([&] { return counts().told == 1; }, default_patience, "that it is counted");
  EXPECT_EQ(counts().name, "chat");
  EXPECT_EQ(counts().failed, 1U);
  EXPECT_EQ(counts().dropped, 0U);
  EXPECT_EQ(counts().waiting, 0U);
  wait_until([&] { return !counts().failing; }, default_patience, "that the last attempt worked");
}

TEST_F(AlertsTest, AReceiverThatIsNotThereIsGivenUp) {
  limits_.give_up = 50ms;
  const auto telling = alerts();
  telling->set_targets({to({false, "127.0.0.1", "1", "/"})});
  telling->look(*leaks(1));
  wait_until([&] { return logged("was not told, after"); }, default_patience, "that it is given up");
}

TEST_F(AlertsTest, OneThatHangsHoldsUpNeitherLooksNorTheEnd) {
  const Receiver receiver("hang");
  auto telling = alerts();
  telling->set_targets({to(receiver.url())});
  telling->look(*leaks(1));
  receiver.until(1);
  telling->look(*leaks(2));
  telling.reset();
  EXPECT_TRUE(logged("pieces of news were not sent any more"));
}

TEST_F(AlertsTest, AReloadKeepsWhatAReceiverKnows) {
  const Receiver receiver;
  const auto telling = alerts();
  telling->set_targets({to(receiver.url())});
  telling->look(*leaks(1));
  telling->set_targets({to(receiver.url())});
  telling->look(*leaks(1));
  telling->look(*leaks(0));
  receiver.until(2);
  EXPECT_EQ(receiver.requests()[1].at("body").at("change"), "closed") << "it was not told twice that it came";
}

TEST(PostUrl, IsReadStrictly) {
  const auto url = parse_post_url("https://chat.example:8443/hook?a=b#c");
  ASSERT_TRUE(url);
  EXPECT_EQ(*url, (PostUrl{true, "chat.example", "8443", "/hook?a=b"}));
  EXPECT_EQ(*parse_post_url("http://[::1]"), (PostUrl{false, "::1", "80", "/"}));
  EXPECT_EQ(*parse_post_url("https://x?y"), (PostUrl{true, "x", "443", "/?y"}));
  for (const char* wrong :
       {"", "ftp://x", "http://", "http://x:y/", "http://u:p@x/", "http://x/a b", "http://x:123456/"})
    EXPECT_FALSE(parse_post_url(wrong)) << wrong;
}

}  // namespace
}  // namespace lockkeeper::http
