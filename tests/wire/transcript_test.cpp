// Whole conversations: every message through decoder and encoder, every stream cut at every byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "wire/postgres/frontend.hpp"
#include "wire/rewrite.hpp"
#include "wire/transcript.hpp"

namespace lockkeeper::testing {
namespace {

namespace pg = lockkeeper::wire::postgres;

class Transcripts : public ::testing::TestWithParam<Transcript> {};

INSTANTIATE_TEST_SUITE_P(Each, Transcripts, ::testing::ValuesIn(transcripts()),
                         [](const auto& tested) { return tested.param.name; });

bool is_packet(const Message& message) {
  const auto known = std::ranges::find_if(
      layouts(), [&](const Layout& layout) { return layout.side == message.side && layout.name == message.name; });
  return known->type == '@';
}

// The messages of one side, found in a stream that comes in two pieces.
std::vector<std::string> found_in_two_pieces(const Transcript& transcript, Side side, const std::string& stream,
                                             std::size_t cut) {
  MessageFinder finder(side, transcript.login);
  if (side == Side::backend) {
    finder.expect_answers(static_cast<std::size_t>(std::ranges::count(
        transcript.messages, "EncryptionAnswer", [](const Message& message) { return message.name; })));
  }
  std::vector<std::string> found;
  std::string bytes;
  for (const std::string& piece : {stream.substr(0, cut), stream.substr(cut)}) {
    bytes += piece;
    for (std::string message = finder.next(bytes); !message.empty(); message = finder.next(bytes)) {
      found.push_back(message);
    }
  }
  EXPECT_TRUE(bytes.empty()) << "cut at " << cut;
  return found;
}

TEST_P(Transcripts, AreTheirText) {
  for (const Message& message : GetParam().messages) {
    if (message.name == "EncryptionAnswer") continue;
    const auto described = describe_message(message.side, message.bytes, is_packet(message));
    ASSERT_TRUE(described) << message.text;
    EXPECT_EQ(described->text, message.text);
  }
}

TEST_P(Transcripts, ComeThroughDecoderAndEncoderAsTheyWere) {
  for (const Message& message : GetParam().messages) {
    EXPECT_NE(rewrite(message), Rewritten::different) << message.text;
  }
}

TEST_P(Transcripts, AreTheSameMessagesWhereverTheyAreCut) {
  for (const Side side : {Side::frontend, Side::backend}) {
    std::vector<std::string> expected;
    for (const Message& message : GetParam().messages) {
      if (message.side == side) expected.push_back(message.bytes);
    }
    const std::string stream = GetParam().stream(side);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      ASSERT_EQ(found_in_two_pieces(GetParam(), side, stream, cut), expected) << "cut at " << cut;
    }
  }
}

TEST_P(Transcripts, AskForMoreInsideEveryMessage) {
  for (const Message& message : GetParam().messages) {
    if (message.name == "EncryptionAnswer") continue;
    for (std::size_t size = 0; size < message.bytes.size(); ++size) {
      const std::string cut = message.bytes.substr(0, size);
      if (is_packet(message)) {
        const auto whole = pg::startup_size(cut);
        ASSERT_TRUE(whole && (!*whole || **whole == message.bytes.size())) << message.text;
      } else {
        const auto header = pg::read_header(cut);
        ASSERT_TRUE(header && (!*header || (*header)->size() == message.bytes.size())) << message.text;
      }
    }
  }
}

TEST(TranscriptFolder, HasEveryMessage) {
  std::set<std::string> seen;
  for (const Transcript& transcript : transcripts()) {
    for (const Message& message : transcript.messages) {
      seen.insert(std::string(1, static_cast<char>(message.side)) + ' ' + message.name);
    }
  }
  for (const Layout& layout : layouts()) {
    const std::string name = std::string(1, static_cast<char>(layout.side)) + ' ' + std::string(layout.name);
    EXPECT_TRUE(seen.contains(name)) << name;
  }
}

TEST(MessageText, IsBytesByTheLayout) {
  using namespace std::literals;
  EXPECT_EQ(parse_message(R"(F Parse name="s1" sql="select $1" types=[23 25])").bytes,
            "P\0\0\0\x1bs1\0select $1\0\0\2\0\0\0\x17\0\0\0\x19"s);
  EXPECT_EQ(parse_message(R"(F Bind portal="" statement="s" formats=[] values=["a\"\\\n" NULL ""] results=[1])").bytes,
            "B\0\0\0\x1f\0s\0\0\0\0\3\0\0\0\4a\"\\\n\xff\xff\xff\xff\0\0\0\0\0\1\0\1"s);
  EXPECT_EQ(parse_message(R"(F Startup version=196610 parameters=[("user" "a")])").bytes,
            "\0\0\0\x10\0\3\0\2user\0a\0\0"s);
  EXPECT_EQ(parse_message(R"(B ErrorResponse fields=[(S "ERROR") (M "x")])").bytes, "E\0\0\0\x0fSERROR\0Mx\0\0"s);
  EXPECT_EQ(parse_message("B ReadyForQuery status=I").bytes, "Z\0\0\0\5I"s);
  EXPECT_EQ(parse_message("B CopyInResponse format=0 columns=[0 0]").bytes, "G\0\0\0\x0b\0\0\2\0\0\0\0"s);
  EXPECT_EQ(parse_message("B NegotiateProtocolVersion version=2 options=[\"x\"]").bytes,
            "v\0\0\0\x0e\0\0\0\2\0\0\0\1x\0"s);
}

}  // namespace
}  // namespace lockkeeper::testing
