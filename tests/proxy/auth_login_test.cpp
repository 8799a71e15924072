// Both logins as machines over wire messages.
#include <gtest/gtest.h>

#include <set>

#include "proxy/auth/client_login.hpp"
#include "proxy/auth/md5.hpp"
#include "proxy/auth/server_login.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::proxy {
namespace {

namespace pg = wire::postgres;
using Verdict = LoginStep::Verdict;
using ServerVerdict = ServerLoginStep::Verdict;

struct Frame {
  char type = 0;
  std::string body;
};
std::vector<Frame> frames(std::string_view bytes) {
  std::vector<Frame> result;
  while (!bytes.empty()) {
    const auto header = pg::read_header(bytes);
    if (!header || !*header || bytes.size() < (*header)->size()) {
      ADD_FAILURE() << "not whole messages";
      break;
    }
    result.push_back({(*header)->type, std::string(bytes.substr(pg::header_size, (*header)->body))});
    bytes.remove_prefix((*header)->size());
  }
  return result;
}

std::shared_ptr<const Users> users() {
  static const auto all = [] {
    const auto verifier = make_scram_verifier("secret", "0123456789abcdef", 4096);
    const std::string text = "\"plain\" \"secret\"\n\"scram\" \"" + to_string(verifier) + "\"\n\"md5\" \"" +
                             *md5_hash("secret", "md5") + "\"\n\"none\" \"\"\n";
    auto parsed = Users::parse(text, Key());
    EXPECT_TRUE(parsed);
    return *parsed;
  }();
  return all;
}

ClientLogin login(AuthMethod method, const std::string& user) {
  return ClientLogin({method, user, users(), {"servernonce", {'s', 'a', 'l', 't'}}});
}

// Our own client, which the tests against real servers prove right, logs in to our own server's side.
struct Outcome {
  LoginStep step;
  std::string flow;  ///< Types and lengths of all messages, in both directions.
};
Outcome play(ClientLogin server, const Credentials& credentials) {
  ServerLogin client(credentials, {"test", true, true}, "clientnonce");
  Outcome outcome{server.start(), ""};
  while (outcome.step.verdict == Verdict::more) {
    std::string answer;
    for (const Frame& frame : frames(outcome.step.bytes)) {
      outcome.flow += " <" + std::string(1, frame.type) + std::to_string(frame.body.size());
      const auto step = client.authentication(frame.body);
      if (step.verdict == ServerVerdict::failed) ADD_FAILURE() << step.reason;
      answer += step.bytes;
    }
    const auto sent = frames(answer);
    if (sent.size() != 1) {
      ADD_FAILURE() << "one answer to " << outcome.flow;
      return outcome;
    }
    outcome.flow += " >" + std::string(1, sent[0].type) + std::to_string(sent[0].body.size());
    outcome.step = server.message(sent[0].type, sent[0].body);
  }
  for (const Frame& frame : frames(outcome.step.bytes)) {
    outcome.flow += " <" + std::string(1, frame.type) + std::to_string(frame.body.size());
  }
  return outcome;
}
Outcome play(AuthMethod method, const std::string& user, std::string_view password) {
  return play(login(method, user), {user, Secret(password), std::nullopt, std::nullopt});
}

struct Case {
  AuthMethod method;
  std::string user;
  bool comes_in;
};

TEST(ClientLogin, TakesTheRightPasswordAndNoOther) {
  const std::vector<Case> cases{
      {AuthMethod::scram_sha_256, "plain", true},
      {AuthMethod::scram_sha_256, "scram", true},
      {AuthMethod::scram_sha_256, "md5", false},
      {AuthMethod::scram_sha_256, "none", false},
      {AuthMethod::md5, "plain", true},
      {AuthMethod::md5, "scram", true},
      {AuthMethod::md5, "md5", true},
      {AuthMethod::md5, "none", false},
      {AuthMethod::plain, "plain", true},
      {AuthMethod::plain, "scram", true},
      {AuthMethod::plain, "md5", true},
      {AuthMethod::plain, "none", false},
      {AuthMethod::scram_sha_256, "?", false},
      {AuthMethod::md5, "?", false},
      {AuthMethod::plain, "?", false},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(std::string(to_string(one.method)) + " " + one.user);
    const Outcome right = play(one.method, one.user, "secret");
    EXPECT_EQ(right.step.verdict, one.comes_in ? Verdict::accepted : Verdict::refused);
    if (one.comes_in) {
      ASSERT_TRUE(right.step.credentials);
      EXPECT_EQ(right.step.credentials->user, one.user);
    }
    const Outcome wrong = play(one.method, one.user, "other");
    ASSERT_EQ(wrong.step.verdict, Verdict::refused);
    EXPECT_EQ(wrong.step.refusal->sqlstate, "28P01");
    EXPECT_EQ(wrong.step.refusal->message, "password authentication failed for user \"" + one.user + "\"");
    EXPECT_FALSE(wrong.step.credentials);
  }
}

TEST(ClientLogin, LeavesWhatTheServersLoginMayUse) {
  const auto left = [](AuthMethod method, const std::string& user) {
    return *play(method, user, "secret").step.credentials;
  };
  EXPECT_EQ(left(AuthMethod::scram_sha_256, "plain").password, Secret("secret"));
  EXPECT_FALSE(left(AuthMethod::scram_sha_256, "plain").keys) << "a verifier of our own making opens no server";
  EXPECT_TRUE(left(AuthMethod::scram_sha_256, "scram").keys);
  EXPECT_FALSE(left(AuthMethod::scram_sha_256, "scram").password);
  EXPECT_EQ(left(AuthMethod::md5, "plain").password, Secret("secret"));
  EXPECT_EQ(left(AuthMethod::md5, "md5").md5_hash, Secret(*md5_hash("secret", "md5")));
  EXPECT_EQ(left(AuthMethod::plain, "scram").password, Secret("secret"));
  EXPECT_EQ(left(AuthMethod::plain, "md5").password, Secret("secret"));
  const auto trusted = login(AuthMethod::trust, "plain").start();
  ASSERT_EQ(trusted.verdict, Verdict::accepted);
  EXPECT_EQ(trusted.credentials->password, Secret("secret"));
  EXPECT_EQ(login(AuthMethod::trust, "anybody").start().verdict, Verdict::accepted);
}

TEST(ClientLogin, KeysOfAClientOpenTheServerWithTheSameVerifier) {
  const Credentials left = *play(AuthMethod::scram_sha_256, "scram", "secret").step.credentials;
  EXPECT_EQ(play(login(AuthMethod::scram_sha_256, "scram"), left).step.verdict, Verdict::accepted);
}

TEST(ClientLogin, WhoIsNotThereSeesWhatAWrongPasswordSees) {
  for (const AuthMethod method : {AuthMethod::scram_sha_256, AuthMethod::md5, AuthMethod::plain}) {
    SCOPED_TRACE(to_string(method));
    std::set<std::string> flows;
    for (const std::string user : {"plain", "nones", "nobod"}) flows.insert(play(method, user, "wrong").flow);
    EXPECT_EQ(flows.size(), 1U) << *flows.begin() << "\n" << *flows.rbegin();
  }
  const auto salt = [](const std::string& user) { return play(AuthMethod::scram_sha_256, user, "wrong").flow; };
  EXPECT_EQ(salt("scram"), salt("wrong")) << "the user file's verifiers too";
  EXPECT_EQ(play(AuthMethod::scram_sha_256, "?", "x").step.refusal->reason, "there is no such user in the user file");
  EXPECT_EQ(play(AuthMethod::scram_sha_256, "plain", "x").step.refusal->reason, "the password is wrong");
}

TEST(ClientLogin, RefusesWhatIsNoAnswer) {
  for (const AuthMethod method : {AuthMethod::scram_sha_256, AuthMethod::md5, AuthMethod::plain}) {
    ClientLogin server = login(method, "plain");
    static_cast<void>(server.start());
    const auto step = server.message('Q', std::string("select 1\0", 9));
    ASSERT_EQ(step.verdict, Verdict::refused);
    EXPECT_EQ(step.refusal->sqlstate, "08P01");
    EXPECT_EQ(step.refusal->message, "expected password response, got message type 81");
    EXPECT_EQ(server.message('p', std::string("secret\0", 7)).verdict, Verdict::refused) << "a refusal is final";
  }
  ClientLogin server = login(AuthMethod::plain, "plain");
  static_cast<void>(server.start());
  EXPECT_EQ(server.message('p', std::string("\0", 1)).refusal->message, "empty password returned by client");
  ClientLogin long_one = login(AuthMethod::plain, "plain");
  static_cast<void>(long_one.start());
  EXPECT_EQ(long_one.message('p', std::string(ClientLogin::most_login_body + 1, 'x')).refusal->sqlstate, "08P01");
}

TEST(ClientLogin, AnswersCutAnywhereAreRefused) {
  std::string message;
  pg::append_sasl_initial(message, scram_mechanism, "n,,n=,r=clientnonce");
  const std::string body = message.substr(pg::header_size);
  for (std::size_t size = 0; size < body.size(); ++size) {
    ClientLogin server = login(AuthMethod::scram_sha_256, "plain");
    static_cast<void>(server.start());
    const auto step = server.message('p', std::string_view(body).substr(0, size));
    EXPECT_EQ(step.verdict, Verdict::refused) << size;
    ASSERT_EQ(frames(step.bytes).size(), 1U);
    EXPECT_EQ(frames(step.bytes)[0].type, 'E');
  }
  std::string other;
  pg::append_sasl_initial(other, "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r=x");
  ClientLogin server = login(AuthMethod::scram_sha_256, "plain");
  static_cast<void>(server.start());
  EXPECT_EQ(server.message('p', std::string_view(other).substr(pg::header_size)).refusal->message,
            "client selected an invalid SASL authentication mechanism");
}

// --- The servers' side ---

std::string request(pg::Authentication kind, std::string_view data = {}) {
  std::string message;
  pg::append_authentication(message, kind, data);
  return message.substr(pg::header_size);
}
std::string sasl_request(const std::vector<std::string_view>& mechanisms) {
  std::string message;
  pg::append_sasl_request(message, mechanisms);
  return message.substr(pg::header_size);
}

ServerLogin to_server(Credentials credentials, bool encrypted = true, bool loopback = false) {
  return {std::move(credentials), {"db:5432", encrypted, loopback}, "clientnonce"};
}
const Credentials by_password{"ann", Secret("secret"), std::nullopt, std::nullopt};

std::string why(ServerLogin login, const std::string& body) {
  const auto step = login.authentication(body);
  return step.verdict == ServerVerdict::failed ? step.reason : "no failure";
}

TEST(ServerLogin, IsLetInWhereNothingIsAsked) {
  EXPECT_EQ(to_server({"ann", {}, {}, {}}).authentication(request(pg::Authentication::ok)).verdict,
            ServerVerdict::accepted);
}

TEST(ServerLogin, ShowsAPasswordOnlyWhereNobodyListens) {
  const std::string body = request(pg::Authentication::cleartext);
  EXPECT_EQ(frames(to_server(by_password, true, false).authentication(body).bytes)[0].body, std::string("secret\0", 7));
  EXPECT_EQ(frames(to_server(by_password, false, true).authentication(body).bytes)[0].body, std::string("secret\0", 7));
  EXPECT_NE(why(to_server(by_password, false, false), body).find("over a connection that is not encrypted"),
            std::string::npos);
  EXPECT_NE(
      why(to_server({"ann", {}, {}, {}}), body).find("asks user \"ann\" for the password itself, and we have nothing"),
      std::string::npos);
}

TEST(ServerLogin, SaysWhatItCannotDoAndWhatHelps) {
  const auto said = [](const std::string& body) { return why(to_server(by_password), body); };
  EXPECT_EQ(
      said(request(pg::Authentication::gss)),
      "the server db:5432 asks user \"ann\" for GSSAPI (gss), which the proxy cannot do: give the proxy's address a "
      "line with scram-sha-256 in the server's pg_hba.conf, before that one");
  EXPECT_NE(said(request(pg::Authentication::sspi)).find("SSPI"), std::string::npos);
  EXPECT_NE(said(request(pg::Authentication::kerberos)).find("Kerberos"), std::string::npos);
  EXPECT_NE(said(sasl_request({"SCRAM-SHA-256-PLUS"})).find("SCRAM-SHA-256-PLUS alone"), std::string::npos);
  EXPECT_NE(said(sasl_request({"OAUTHBEARER"})).find("SASL (OAUTHBEARER)"), std::string::npos);
  EXPECT_NE(
      why(to_server({"ann", {}, Secret("md5x"), {}}), sasl_request({"SCRAM-SHA-256"})).find("we have its md5 hash"),
      std::string::npos);
}

TEST(ServerLogin, ANoQuestionOrASecondOneIsAFailure) {
  for (const std::string& body : {std::string(), std::string("\0\0\0", 3), request(pg::Authentication::md5, "abc"),
                                  request(pg::Authentication::sasl_continue, "x"),
                                  request(pg::Authentication::sasl_final, "x"), sasl_request({})}) {
    EXPECT_NE(why(to_server(by_password), body), "no failure");
  }
  ServerLogin twice = to_server(by_password);
  EXPECT_EQ(twice.authentication(request(pg::Authentication::md5, "salt")).verdict, ServerVerdict::more);
  EXPECT_EQ(twice.authentication(request(pg::Authentication::cleartext)).verdict, ServerVerdict::failed)
      << "a server that is somebody else must not get the password after all";
}

TEST(ServerLogin, AServerThatBreaksOffScramIsNotTrusted) {
  ServerLogin login = to_server(by_password);
  ASSERT_EQ(login.authentication(sasl_request({"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"})).verdict, ServerVerdict::more);
  const auto step = login.authentication(request(pg::Authentication::ok));
  EXPECT_EQ(step.verdict, ServerVerdict::failed);
  EXPECT_NE(step.reason.find("without having proved"), std::string::npos);
  EXPECT_FALSE(login.learned());
}

}  // namespace
}  // namespace lockkeeper::proxy
