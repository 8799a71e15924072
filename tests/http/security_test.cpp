// Who is let in, and what every answer carries.
#include <gmock/gmock.h>

#include <stdexcept>

#include "http/serving.hpp"

namespace lockkeeper::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* token = "0123456789abcdef0123";

class Security : public Serving {};

class WithToken : public Serving {
 protected:
  void SetUp() override {
    settings.token = token;
    publish();
    start();
  }
  const std::string bearer = std::string("Authorization: Bearer ") + token;
};

TEST_F(Security, EveryAnswerForbidsWhatComesFromElsewhere) {
  start();
  for (const char* path : {"/", "/healthz", "/metrics", "/api/v1/status", "/api/v1/none", "/%zz"}) {
    const Answer answer = ask(get(path));
    EXPECT_THAT(answer.header("content-security-policy"), HasSubstr("default-src 'none'")) << path;
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff") << path;
    EXPECT_EQ(answer.header("x-frame-options"), "DENY") << path;
    EXPECT_EQ(answer.header("referrer-policy"), "no-referrer") << path;
  }
  EXPECT_EQ(ask(get("/api/v1/status")).header("cache-control"), "no-store");
  EXPECT_EQ(ask(get("/api/v1/none")).header("cache-control"), "no-store");
}

TEST_F(Security, OtherNamesDoNotLeadHere) {
  settings.host_names = {"Keeper.example"};
  start();
  EXPECT_EQ(ask(get("/healthz", {"Host: evil.example"})).error_code(), "misdirected");
  EXPECT_EQ(ask(get("/api/v1/status", {"Host: evil.example:9190"})).status, 421);
  for (const char* host : {"Host: localhost", "Host: 127.0.0.1:1", "Host: keeper.example"})
    EXPECT_EQ(ask(get("/healthz", {host})).status, 200) << host;
}

TEST_F(Security, TheHostIsNamedOnce) {
  start();
  testing::PlainSocket none(port());
  none.send("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(parse_answer(none.read_to_end()).error_code(), "bad_request");
  EXPECT_EQ(ask(get("/healthz", {"Host: localhost", "Host: localhost"})).status, 400);
  testing::PlainSocket old(port());
  old.send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(parse_answer(old.read_to_end()).status, 200);
}

TEST_F(WithToken, IsNeededForAllButHealthAndThePage) {
  for (const char* path : {"/healthz", "/readyz"}) EXPECT_EQ(ask(get(path)).status, 200) << path;
  for (const char* path : {"/metrics", "/api/v1/status", "/api/v1/events", "/api/v1/audit",
                           "/api/v1/servers/main/waits", "/api/v1/servers/none/waits", "/api/v1/none"}) {
    const Answer refused = ask(get(path));
    EXPECT_EQ(refused.error_code(), "unauthorized") << path;
    EXPECT_EQ(refused.header("www-authenticate"), "Bearer") << path;
  }
  EXPECT_EQ(ask(get("/api/v1/status", {bearer})).status, 200);
  EXPECT_EQ(ask(get("/metrics", {bearer})).status, 200);
  EXPECT_EQ(ask(get("/api/v1/status", {bearer + "x"})).status, 401);
  EXPECT_EQ(ask(get("/api/v1/status", {bearer, bearer})).status, 400);
  EXPECT_EQ(ask(get("/")).status, 404);  // not 401: the page itself is nobody's secret, and this build has none
}

TEST_F(WithToken, ALoginGivesACookieThatIsNotTheToken) {
  const Answer answer = ask(post("/api/v1/login", std::string(R"({"token": ")") + token + "\"}"));
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.body, "");
  const std::string cookie = answer.header("set-cookie");
  EXPECT_THAT(cookie, HasSubstr("HttpOnly"));
  EXPECT_THAT(cookie, HasSubstr("SameSite=Strict"));
  EXPECT_THAT(cookie, ::testing::Not(HasSubstr(token)));
  const std::string sent = "Cookie: " + cookie.substr(0, cookie.find(';'));
  EXPECT_EQ(ask(get("/api/v1/status", {sent})).status, 200);
  EXPECT_EQ(ask(get("/api/v1/status", {sent + "0"})).status, 401);
}

TEST_F(WithToken, AWrongLoginGivesNone) {
  const Answer wrong = ask(post("/api/v1/login", R"({"token": "0123456789abcdef0124"})"));
  EXPECT_EQ(wrong.error_code(), "unauthorized");
  EXPECT_EQ(wrong.header("set-cookie"), "");
  for (const char* body : {"", "{}", "[]", "{\"token\": 1}", "nonsense"})
    EXPECT_EQ(ask(post("/api/v1/login", body)).status, 400) << body;
  EXPECT_EQ(ask({.method = "POST", .path = "/api/v1/login", .body = "token=x"}).status, 415);
  EXPECT_EQ(ask(post("/api/v1/login", "{}", {"Origin: http://evil.example"})).status, 403);
}

TEST_F(Security, ListeningForOthersNeedsAToken) {
  settings.listen = {"0.0.0.0:0"};
  EXPECT_THROW(start(), std::runtime_error);
  settings.token = token;
  start();
  EXPECT_THAT(server->addresses().front(), ::testing::StartsWith("0.0.0.0:"));
}

TEST_F(Security, APortThatIsTakenIsNamed) {
  start();
  const std::string taken = server->addresses().front();
  http::HttpSettings again{.listen = {taken}};
  const auto second = http::Server::start(again, sources);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error(), HasSubstr(taken));
}

TEST_F(Security, SeveralAddressesAreListenedOn) {
  settings.listen = {"127.0.0.1:0", "127.0.0.1:0"};
  start();
  ASSERT_EQ(server->addresses().size(), 2U);
  EXPECT_NE(server->addresses()[0], server->addresses()[1]);
}

}  // namespace
}  // namespace lockkeeper::test
