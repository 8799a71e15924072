#include "wire/mysql/frame.hpp"

#include <gtest/gtest.h>

namespace lockkeeper::wire::mysql {
namespace {

using namespace std::literals;

TEST(MysqlFrame, HeaderOnceItIsThere) {
  const std::string bytes = "\1\2\3\xff"s;
  for (std::size_t size = 0; size < header_size; ++size) EXPECT_FALSE(read_header(std::string(bytes, 0, size)));
  const auto header = read_header(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->body, 0x030201U);
  EXPECT_EQ(header->sequence, 255);
  EXPECT_EQ(header->size(), 0x030205U);
  EXPECT_FALSE(header->goes_on());
  EXPECT_TRUE(read_header("\xff\xff\xff\0"sv)->goes_on());
}

TEST(MysqlFrame, HeadIsTheBeginningOrAll) {
  const std::string bytes = "\5\0\0\0hello"s;
  const Header header = *read_header(bytes);
  EXPECT_EQ(read_head(bytes, header, 3), "hel");
  EXPECT_EQ(read_head(bytes, header, 100), "hello");
  EXPECT_EQ(read_head(bytes + "next", header, 100), "hello");
  EXPECT_EQ(read_head(std::string_view(bytes).substr(0, 7), header, 3), "hel");
  EXPECT_FALSE(read_head(std::string_view(bytes).substr(0, 6), header, 3));
  EXPECT_FALSE(read_head(std::string_view(bytes).substr(0, 8), header, 100));
  EXPECT_EQ(read_head("\0\0\0\0"sv, *read_header("\0\0\0\0"sv), 100), "");
}

TEST(MysqlFrame, MessagesOfSeveralPackets) {
  Framing framing;
  const auto next = [&](std::uint32_t body) { return framing.next(Header{body, 0}).value(); };
  for (int again = 0; again < 2; ++again) {
    const auto first = next(most_body);
    EXPECT_TRUE(first.begins && !first.ends);
    const auto second = next(most_body);
    EXPECT_TRUE(!second.begins && !second.ends && framing.open());
    const auto last = next(0);
    EXPECT_TRUE(!last.begins && last.ends && !framing.open());
    EXPECT_EQ(framing.size(), 2ULL * most_body);
    const auto alone = next(0);
    EXPECT_TRUE(alone.begins && alone.ends);
    EXPECT_EQ(framing.size(), 0U);
  }
}

TEST(MysqlFrame, MessagesHaveALimit) {
  Framing framing;
  for (std::uint64_t size = most_body; size <= most_message; size += most_body) {
    ASSERT_TRUE(framing.next(Header{most_body, 0}));
  }
  EXPECT_EQ(framing.next(Header{most_body, 0}).error(), Malformed::too_long);
}

TEST(MysqlFrame, WritesAsManyPacketsAsAMessageNeeds) {
  std::string out = "before";
  EXPECT_EQ(append_message(out, 255, "abc"), 0);
  EXPECT_EQ(out, "before\3\0\0\xff"s + "abc");
  out.clear();
  EXPECT_EQ(append_message(out, 3, std::string(most_body - 1, 'x')), 4);
  EXPECT_EQ(out.size(), header_size + most_body - 1);
  out.clear();
  EXPECT_EQ(append_message(out, 3, std::string(most_body, 'x')), 5);
  ASSERT_EQ(out.size(), header_size + most_body + header_size);
  EXPECT_EQ(out.substr(0, 4), "\xff\xff\xff\3"s);
  EXPECT_EQ(out.substr(header_size + most_body), "\0\0\0\4"s);
  out.clear();
  EXPECT_EQ(append_message(out, 0, std::string(most_body + 7, 'x')), 2);
  EXPECT_EQ(out.substr(header_size + most_body), "\7\0\0\1xxxxxxx"s);
}

TEST(MysqlFrame, NamesWhatIsWrong) {
  EXPECT_EQ(to_string(Malformed::too_long), "message too long");
  EXPECT_EQ(to_string(Malformed::bad_body), "malformed packet");
  EXPECT_EQ(to_string(Malformed::old_protocol), "protocol before 4.1");
}

}  // namespace
}  // namespace lockkeeper::wire::mysql
