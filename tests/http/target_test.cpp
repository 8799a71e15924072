#include "http/target.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lockkeeper::http {
namespace {

std::string encoded(const std::string& text) {
  std::string result;
  for (const char byte : text) result += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  return result;
}

std::string without_controls(std::string text) {
  std::erase_if(text, [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; });
  return text;
}

TEST(Target, IsTakenApart) {
  const auto target = parse_target("/api/v1/servers/a%2Fb%3A5432/samples?after=2026-01-01T00%3A00%3A00Z&x=&y&x=2+3");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->path, "/api/v1/servers/a%2Fb%3A5432/samples");
  EXPECT_EQ(target->segments, (std::vector<std::string>{"api", "v1", "servers", "a/b:5432", "samples"}));
  EXPECT_EQ(target->query.at("after"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(target->query.at("x"), "");
  EXPECT_EQ(target->query.at("y"), "");
}

TEST(Target, TheRootHasNoSegments) {
  EXPECT_TRUE(parse_target("/")->segments.empty());
  EXPECT_EQ(parse_target("/a/")->segments, (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(parse_target("//")->segments, (std::vector<std::string>{"", ""}));
}

TEST(Target, WhatIsMalformedIsRefused) {
  for (const char* text : {"", "*", "http://other/", "/%", "/%4", "/%4g", "/%00", "/a%0Ab", "/?%zz=1", "/?a=%1"})
    EXPECT_FALSE(parse_target(text).has_value()) << text;
}

TEST(Target, ManyPartsAreRefused) {
  std::string path;
  for (int i = 0; i < 100; ++i) path += "/a";
  EXPECT_FALSE(parse_target(path).has_value());
  std::string query = "/?";
  for (int i = 0; i < 100; ++i) query += fmt::format("a{}=1&", i);
  EXPECT_FALSE(parse_target(query).has_value());
}

TEST(Target, PlusIsASpaceInQueriesAlone) {
  const auto target = parse_target("/a+b?c+d=e+f");
  EXPECT_EQ(target->segments.front(), "a+b");
  EXPECT_EQ(target->query.at("c d"), "e f");
}

RC_GTEST_PROP(TargetProperty, WhatIsEncodedComesBack, (const std::string& given)) {
  const std::string text = without_controls(given);
  RC_ASSERT(percent_decoded(encoded(text)) == text);
  RC_ASSERT(percent_decoded(encoded(text), true) == text);
}

RC_GTEST_PROP(TargetProperty, ServersAreFoundByAnyName, (const std::string& given)) {
  const std::string name = without_controls(given);
  const auto target = parse_target("/api/v1/servers/" + encoded(name) + "/sessions?server=" + encoded(name));
  RC_ASSERT(target.has_value());
  RC_ASSERT(target->segments.size() == 5U);
  RC_ASSERT(target->segments[3] == name);
  RC_ASSERT(target->query.at("server") == name);
}

RC_GTEST_PROP(TargetProperty, AnyBytesAreReadOrRefused, (const std::string& bytes)) {
  const auto target = parse_target("/" + bytes);
  if (!target) return;
  RC_ASSERT(target->segments.size() <= most_segments);
  RC_ASSERT(target->query.size() <= most_parameters);
  for (const auto& segment : target->segments) RC_ASSERT(without_controls(segment) == segment);
}

}  // namespace
}  // namespace lockkeeper::http
