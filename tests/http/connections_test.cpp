// Connections as the world has them: kept, pipelined, slow, half-closed, too large, too many; and the server's end.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "http/serving.hpp"
#include "support/servers.hpp"

namespace lockkeeper::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Connections : public Serving {
 protected:
  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  }
};

TEST_F(Connections, AreKeptForTheNextRequest) {
  start();
  testing::PlainSocket socket(port());
  socket.send(request_text(get("/healthz"), true));
  const std::size_t first = socket.read(1).size();
  socket.send(request_text(get("/healthz")));
  const std::string all = socket.read_to_end();
  EXPECT_GT(all.size(), first);
  EXPECT_EQ(count(all, "200 OK"), 2U);
}

TEST_F(Connections, RequestsMayComeAllAtOnce) {
  publish();
  start();
  testing::PlainSocket socket(port());
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += request_text(get(i % 2 == 0 ? "/healthz" : "/api/v1/servers/main/waits"), true);
  socket.send(requests + request_text(get("/readyz")));
  const std::string all = socket.read_to_end();
  EXPECT_EQ(count(all, "200 OK"), 51U);
  EXPECT_THAT(all, ::testing::EndsWith("ready\n"));
}

TEST_F(Connections, RequestsMayComeByteByByte) {
  start();
  testing::PlainSocket socket(port());
  for (const char byte : request_text(get("/healthz"))) socket.send(std::string_view(&byte, 1));
  EXPECT_EQ(parse_answer(socket.read_to_end()).status, 200);
}

TEST_F(Connections, WhoDripsIsCut) {
  settings.limits.request = 50ms;
  start();
  testing::PlainSocket socket(port());
  socket.send("GET /healthz HTTP/1.1\r\nHost: loc");
  EXPECT_EQ(socket.read_to_end(), "");
}

TEST_F(Connections, WhoAsksNothingIsCut) {
  settings.limits.idle = 50ms;
  start();
  testing::PlainSocket socket(port());
  EXPECT_EQ(socket.read_to_end(), "");
}

TEST_F(Connections, WhatIsTooLongIsRefused) {
  start();
  const Answer header = ask(get("/healthz", {"X-Long: " + std::string(20'000, 'x')}));
  EXPECT_EQ(header.status, 431);
  EXPECT_EQ(header.error_code(), "too_large");
  const Answer target = ask(get("/" + std::string(20'000, 'x')));
  EXPECT_EQ(target.status, 431);
  const Answer body = ask(post("/api/v1/login", std::string(300'000, 'x')));
  EXPECT_EQ(body.status, 413);
  EXPECT_EQ(body.error_code(), "too_large");
  EXPECT_EQ(ask(post("/api/v1/login", std::string(250'000, 'x'))).status, 400);
}

TEST_F(Connections, WhatIsNoRequestIsRefused) {
  start();
  for (const char* bytes : {"nonsense\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/3.0\r\n\r\n",
                            "\x16\x03\x01\x02 TLS hello\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
    testing::PlainSocket socket(port());
    socket.send(bytes);
    EXPECT_EQ(parse_answer(socket.read_to_end()).status, 400) << bytes;
  }
  EXPECT_EQ(ask(get("*")).status, 400);
  EXPECT_EQ(ask(get("/healthz")).status, 200);
}

TEST_F(Connections, ThatBreakOffHarmNobody) {
  publish();
  start();
  for (int i = 0; i < 20; ++i) {
    testing::PlainSocket socket(port());
    socket.send(request_text(get("/api/v1/servers/main/sessions"), true));
    if (i % 2 == 0) socket.reset();
  }
  EXPECT_EQ(ask(get("/healthz")).status, 200);
}

TEST_F(Connections, TooManyAreToldSo) {
  settings.limits.connections = 2;
  start();
  testing::PlainSocket first(port());
  testing::PlainSocket second(port());
  first.send(request_text(get("/healthz"), true));
  first.read(1);
  second.send(request_text(get("/healthz"), true));
  second.read(1);
  testing::PlainSocket third(port());
  const Answer answer = parse_answer(third.read_to_end());
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.error_code(), "busy");
  EXPECT_EQ(answer.header("content-length"), std::to_string(answer.body.size()));
}

TEST_F(Connections, ASlowHistoryHoldsUpNobodyElse) {
  std::atomic<int> called = 0;
  std::promise<void> go_on;
  auto gate = go_on.get_future().share();
  settings.limits.jobs = 1;
  sources.history = [&, gate](const http::HistoryQuestion&) -> std::optional<std::string> {
    ++called;
    gate.wait();
    return "{}";
  };
  start();
  const Asked question = get("/api/v1/history?server=main");
  testing::PlainSocket runs(port());
  runs.send(request_text(question));
  testing::wait_until([&] { return called == 1; }, testing::default_patience, "the question");
  EXPECT_EQ(ask(get("/healthz")).status, 200);
  // One of these waits, and the other is refused.
  testing::PlainSocket one(port());
  testing::PlainSocket other(port());
  one.send(request_text(question));
  other.send(request_text(question));
  const auto refused = [](testing::PlainSocket& socket, std::chrono::milliseconds patience) {
    try {
      return socket.read(12, patience).starts_with("HTTP/1.1 503");
    } catch (const std::exception&) {
      return false;
    }
  };
  testing::wait_until([&] { return refused(one, 10ms) || refused(other, 10ms); }, testing::default_patience,
                      "a refusal");
  go_on.set_value();
  EXPECT_EQ(parse_answer(runs.read_to_end()).status, 200);
  EXPECT_EQ(parse_answer(one.read_to_end()).status + parse_answer(other.read_to_end()).status, 200 + 503);
}

TEST_F(Connections, AnAnswerThatDoesNotComeIsGivenUp) {
  std::promise<void> go_on;
  auto gate = go_on.get_future().share();
  settings.limits.job = 50ms;
  sources.history = [gate](const http::HistoryQuestion&) -> std::optional<std::string> {
    gate.wait();
    return "{}";
  };
  start();
  EXPECT_EQ(ask(get("/api/v1/history?server=main")).error_code(), "busy");
  go_on.set_value();
}

TEST_F(Connections, EndWithTheServer) {
  publish();
  start();
  testing::PlainSocket stream(port());
  stream.send(request_text(get("/api/v1/events"), true));
  testing::PlainSocket kept(port());
  kept.send(request_text(get("/healthz"), true));
  testing::PlainSocket silent(port());
  stream.read(100);
  kept.read(100);
  const auto began = std::chrono::steady_clock::now();
  server->stop(began + 20s);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 15s);
  EXPECT_THAT(stream.read_to_end(), HasSubstr("event: look"));
  EXPECT_THAT(kept.read_to_end(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(silent.read_to_end(), "");
  server->stop(began);
}

TEST_F(Connections, AnAnswerThatHasBegunGoesOutBeforeTheEnd) {
  std::promise<void> asked;
  std::promise<void> go_on;
  auto gate = go_on.get_future().share();
  sources.history = [&, gate](const http::HistoryQuestion&) -> std::optional<std::string> {
    asked.set_value();
    gate.wait();
    return R"({"late": true})";
  };
  start();
  testing::PlainSocket socket(port());
  socket.send(request_text(get("/api/v1/history?server=main"), true));
  asked.get_future().wait();
  std::thread stopping([&] { server->stop(std::chrono::steady_clock::now() + 20s); });
  go_on.set_value();
  stopping.join();
  EXPECT_THAT(socket.read_to_end(), HasSubstr("late"));
}

TEST_F(Connections, AnActionIsToldToStopWithTheServer) {
  settings.actions = true;
  std::promise<void> asked;
  sources.act = [&](const std::string&, const diagnose::ActionRequest& request) {
    asked.set_value();
    testing::wait_until(request.interrupted, 20s, "the interruption");
    return kill_report(shop, request);
  };
  publish();
  start();
  testing::PlainSocket socket(port());
  socket.send(request_text(post("/api/v1/servers/main/kill", R"({"finding": "idle-transaction-3a1e32e7"})", {csrf()})));
  asked.get_future().wait();
  server->stop(std::chrono::steady_clock::now() + 20s);
  EXPECT_THAT(socket.read_to_end(), HasSubstr("would_terminate"));
}

TEST_F(Connections, AStopWithoutPatienceCutsThem) {
  start();
  testing::PlainSocket socket(port());
  socket.send("GET /hea");
  server.reset();
  EXPECT_EQ(socket.read_to_end(), "");
}

}  // namespace
}  // namespace lockkeeper::test
