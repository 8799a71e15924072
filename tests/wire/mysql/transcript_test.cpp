// Whole conversations: what src/wire makes of each packet is what the transcript says it is, wherever the stream is
// cut.
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "wire/mysql/conversation.hpp"
#include "wire/mysql/layouts.hpp"
#include "wire/mysql/transcript.hpp"

namespace lockkeeper::testing::mysql {
namespace {

class MysqlTranscripts : public ::testing::TestWithParam<Transcript> {};

INSTANTIATE_TEST_SUITE_P(Each, MysqlTranscripts, ::testing::ValuesIn(transcripts()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(MysqlTranscripts, AreTheirText) {
  for (const Packet& packet : GetParam().packets) {
    EXPECT_EQ(describe_packet(packet.side, packet.name, packet.bytes).text, packet.text);
  }
}

TEST_P(MysqlTranscripts, AreFollowedAndComeThroughDecoderAndEncoder) {
  Conversation conversation;
  for (const Packet& packet : GetParam().packets) {
    ASSERT_NO_THROW(EXPECT_EQ(conversation.apply(packet.side, packet.bytes).name, packet.name)) << packet.text;
  }
  EXPECT_TRUE(GetParam().packets.size() == 1 || conversation.settled());
}

TEST_P(MysqlTranscripts, AreTheSamePacketsWhereverTheyAreCut) {
  for (const Side side : {Side::client, Side::server}) {
    std::vector<std::string> expected;
    for (const Packet& packet : GetParam().packets) {
      if (packet.side == side) expected.push_back(packet.bytes);
    }
    const std::string stream = GetParam().stream(side);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      std::string bytes = stream.substr(0, cut);
      std::vector<std::string> found = take_packets(bytes);
      bytes += stream.substr(cut);
      for (std::string& packet : take_packets(bytes)) found.push_back(std::move(packet));
      ASSERT_EQ(found, expected) << "cut at " << cut;
      ASSERT_TRUE(bytes.empty());
    }
  }
}

// One packet less in the middle of a reply is noticed, at the latest with the next command.
TEST_P(MysqlTranscripts, AreNotFollowedWithAPacketMissing) {
  const std::vector<Packet>& packets = GetParam().packets;
  for (std::size_t missing = 1; missing + 1 < packets.size(); ++missing) {
    if (packets[missing].bytes[3] == 0) continue;  // A command without reply.
    Conversation conversation;
    const auto all = [&] {
      for (std::size_t index = 0; index < packets.size(); ++index) {
        if (index != missing) conversation.apply(packets[index].side, packets[index].bytes);
      }
    };
    EXPECT_THROW(all(), std::runtime_error) << packets[missing].text;
  }
}

TEST(MysqlTranscriptFolder, HasNearlyEveryPacket) {
  std::set<std::string, std::less<>> seen{"More", "COM_BINLOG_DUMP", "COM_REGISTER_SLAVE", "Event", "EndOfEvents"};
  for (const Transcript& transcript : transcripts()) {
    for (const Packet& packet : transcript.packets) seen.insert(packet.name);
  }
  for (const Layout& layout : layouts()) EXPECT_TRUE(seen.contains(layout.name)) << layout.name;
}

TEST(MysqlPacketText, IsBytesByTheLayout) {
  using namespace std::literals;
  EXPECT_EQ(parse_packet(R"(C 0 COM_QUERY sql="select \"1\"")").bytes, "\x0b\0\0\0\3select \"1\""s);
  EXPECT_EQ(parse_packet("C 0 COM_STMT_FETCH statement=258 rows=1").bytes, "\x09\0\0\0\x1c\2\1\0\0\1\0\0\0"s);
  EXPECT_EQ(parse_packet(R"(S 7 Row cells=["1" NULL ""])").bytes, "\4\0\0\7\1"s + "1\xfb\0"s);
  EXPECT_EQ(parse_packet(R"(S 1 Ok affected=70000 id=251 status=2 warnings=0 rest="x")").bytes,
            "\x0d\0\0\1\0\xfd\x70\x11\1\xfc\xfb\0\2\0\0\0x"s);
  EXPECT_EQ(parse_packet("S 5 EndOfRows eof_warnings=1 eof_status=34").bytes, "\5\0\0\5\xfe\1\0\x22\0"s);
  EXPECT_EQ(parse_packet(R"(S 1 Error code=1046 state="3D000" message="No")").bytes, "\x0b\0\0\1\xff\x16\4#3D000No"s);
}

}  // namespace
}  // namespace lockkeeper::testing::mysql
