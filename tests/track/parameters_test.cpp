// Which parameters are to be set before a client may use a server connection.
#include <gmock/gmock.h>

#include <gtest/gtest.h>
#include <array>
#include <cstddef>

#include <string>

#include "track/postgres/parameters.hpp"

namespace lockkeeper::track::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const Parameters usual{{"TimeZone", "UTC"}, {"DateStyle", "ISO, MDY"}, {"server_version", "15.9"}};

TEST(Parameters, WhatFollowsAndDiffersIsMissing) {
  Parameters client = usual;
  Parameters server = usual;
  client.set("TimeZone", "Asia/Tokyo");
  client.set("server_version", "18.1");
  EXPECT_THAT(client.missing_on(server), ElementsAre(Pair("TimeZone", "Asia/Tokyo")));
  EXPECT_THAT(client.missing_on(server), ElementsAre(Pair("TimeZone", "Asia/Tokyo"))) << "until it is set there";
  server.set("TimeZone", "Asia/Tokyo");
  EXPECT_THAT(client.missing_on(server), IsEmpty());
}

TEST(Parameters, WhatTheServerDoesNotReportIsLeftAlone) {
  Parameters client = usual;
  client.set("application_name", "shop");
  Parameters server = usual;
  EXPECT_THAT(client.missing_on(server), IsEmpty());
  server.set("application_name", "other");
  EXPECT_THAT(client.missing_on(server), ElementsAre(Pair("application_name", "shop")));
}

// Equal ones are known by a number, which every change must take away: on either side, after any number of partners.
TEST(Parameters, AChangeAfterEqualityIsSeen) {
  Parameters one = usual, two = usual, first = usual, second = usual;
  for (Parameters* client : {&one, &two}) {
    for (Parameters* server : {&first, &second}) EXPECT_THAT(client->missing_on(*server), IsEmpty());
  }
  first.set("TimeZone", "Asia/Tokyo");
  for (Parameters* client : {&one, &two}) {
    EXPECT_THAT(client->missing_on(first), ElementsAre(Pair("TimeZone", "UTC")));
    EXPECT_THAT(client->missing_on(second), IsEmpty());
  }
  one.set("TimeZone", "Asia/Tokyo");
  EXPECT_THAT(one.missing_on(first), IsEmpty());
  EXPECT_THAT(one.missing_on(second), ElementsAre(Pair("TimeZone", "Asia/Tokyo")));
  EXPECT_THAT(two.missing_on(first), ElementsAre(Pair("TimeZone", "UTC")));
}

// Two pairs that were found equal apart from each other: who changes partners then must not be compared at each change.
TEST(Parameters, OneComparisonWithEachIsEnough) {
  std::array<Parameters, 3> clients{usual, usual, usual}, servers{usual, usual, usual};
  for (std::size_t at = 0; at < 3; ++at) EXPECT_THAT(clients[at].missing_on(servers[at]), IsEmpty());
  for (Parameters& client : clients) {
    for (Parameters& server : servers) EXPECT_THAT(client.missing_on(server), IsEmpty());
  }
  for (const Parameters& client : clients) {
    for (const Parameters& server : servers) EXPECT_TRUE(client.known_equal(server));
  }
}

TEST(Parameters, ACopyIsEqualUntilItChanges) {
  Parameters server = usual;
  Parameters client = server;
  EXPECT_THAT(client.missing_on(server), IsEmpty());
  Parameters copy = client;
  copy.set("DateStyle", "SQL, DMY");
  EXPECT_THAT(copy.missing_on(server), ElementsAre(Pair("DateStyle", "SQL, DMY")));
  EXPECT_THAT(client.missing_on(server), IsEmpty());
}

// One that lacks a parameter is not equal to one that has it, though nothing is to be set.
TEST(Parameters, FewerAreNotTheSame) {
  Parameters poor{{"TimeZone", "UTC"}};
  Parameters rich = usual;
  Parameters strange = usual;
  strange.set("DateStyle", "SQL, DMY");
  EXPECT_THAT(poor.missing_on(rich), IsEmpty());
  EXPECT_THAT(poor.missing_on(strange), IsEmpty());
  EXPECT_THAT(rich.missing_on(strange), ElementsAre(Pair("DateStyle", "ISO, MDY")));
}

TEST(Parameters, WhatDecidesHowTextsAreReadIsEqualOrNot) {
  Parameters client{{"TimeZone", "UTC"}, {"DateStyle", "ISO, MDY"}, {"application_name", "shop"}};
  Parameters other{{"TimeZone", "UTC"}, {"DateStyle", "ISO, MDY"}, {"server_version", "18.1"}};
  EXPECT_EQ(*client.reading(), *other.reading());
  const Parameters copy = client;
  EXPECT_EQ(copy.reading(), client.reading()) << "shared";
  client.set("application_name", "other");
  EXPECT_EQ(copy.reading(), client.reading());
  client.set("TimeZone", "Asia/Tokyo");
  EXPECT_NE(*client.reading(), *other.reading());
  EXPECT_EQ(*copy.reading(), *other.reading());
  client.set("TimeZone", "UTC");
  EXPECT_EQ(*client.reading(), *other.reading());
  for (const std::string name : {"client_encoding", "IntervalStyle", "standard_conforming_strings", "timezone"}) {
    client.set(name, "another");
    EXPECT_NE(*client.reading(), *other.reading()) << name;
    client = other;
  }
}

TEST(Parameters, TellWhetherBackslashesEscape) {
  Parameters client{{"standard_conforming_strings", "off"}};
  EXPECT_TRUE(client.backslashes_escape());
  client.share();
  const Parameters copy = client;
  client.set("standard_conforming_strings", "on");
  EXPECT_FALSE(client.backslashes_escape());
  EXPECT_TRUE(copy.backslashes_escape());
  for (const std::string_view written : {"OFF", "False", "n", "0", "off"}) {
    client.set("standard_conforming_strings", written);
    EXPECT_TRUE(client.backslashes_escape()) << written;
  }
}

TEST(Parameters, AStyleWithoutAnOrderKeepsTheOrder) {
  EXPECT_EQ(completed("DateStyle", "ISO", "ISO, MDY"), "ISO, MDY");
  EXPECT_EQ(completed("datestyle", "sql", "ISO, DMY"), "sql, DMY");
  EXPECT_EQ(completed("DateStyle", "ISO, YMD", "ISO, MDY"), "ISO, YMD");
  EXPECT_EQ(completed("DateStyle", "German", "ISO, MDY"), "German") << "it has an order of its own";
  EXPECT_EQ(completed("DateStyle", "DMY", "ISO, MDY"), "DMY");
  EXPECT_EQ(completed("TimeZone", "ISO", "ISO, MDY"), "ISO");
}

TEST(Parameters, NamesFollowInAnyCase) {
  EXPECT_TRUE(follows_client("timezone"));
  EXPECT_TRUE(follows_client("TimeZone"));
  EXPECT_FALSE(follows_client("TimeZon"));
  EXPECT_FALSE(follows_client("search_path"));
}

}  // namespace
}  // namespace lockkeeper::track::postgres
