// Where one message ends and the next begins.
#include "wire/postgres/frame.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lockkeeper::wire::postgres {
namespace {

using namespace std::literals;

TEST(Header, IsATypeAndALengthThatCountsItself) {
  const auto header = read_header("Q\0\0\0\x0d"s + "select 1\0"s);
  ASSERT_TRUE(header && *header);
  EXPECT_EQ((*header)->type, 'Q');
  EXPECT_EQ((*header)->body, 9U);
  EXPECT_EQ((*header)->size(), 14U);
}

TEST(Header, MayHaveNoBody) {
  const auto header = read_header("S\0\0\0\4"s);
  ASSERT_TRUE(header && *header);
  EXPECT_EQ((*header)->body, 0U);
}

TEST(Header, WantsFiveBytes) {
  const std::string bytes = "S\0\0\0\4"s;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto header = read_header(Bytes(bytes).substr(0, size));
    ASSERT_TRUE(header) << size;
    EXPECT_FALSE(*header) << size;
  }
}

TEST(Header, RefusesALengthThatDoesNotCountItself) {
  for (const char length : {'\0', '\1', '\2', '\3'}) {
    const auto header = read_header("S\0\0\0"s + length);
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error(), Malformed::bad_length);
  }
}

TEST(Header, RefusesMoreThanAServerWouldTake) {
  const auto most = read_header("d\x40\0\0\3"s);
  ASSERT_TRUE(most && *most);
  EXPECT_EQ((*most)->body, most_body);
  for (const std::string& length : {"\x40\0\0\4"s, "\x7f\xff\xff\xff"s, "\x80\0\0\0"s, "\xff\xff\xff\xff"s}) {
    EXPECT_FALSE(read_header("d" + length));
  }
}

TEST(Types, OfClientsInNormalOperation) {
  std::string types;
  for (int type = 0; type < 256; ++type) {
    if (is_frontend_type(static_cast<char>(type))) types += static_cast<char>(type);
  }
  EXPECT_EQ(types, "BCDEFHPQSXcdf");
}

TEST(Types, OfServersInNormalOperation) {
  std::string types;
  for (int type = 0; type < 256; ++type) {
    if (is_backend_type(static_cast<char>(type))) types += static_cast<char>(type);
  }
  EXPECT_EQ(types, "123ACDEGHINSTVWZcdnst");
}

TEST(Types, ShortOnesHaveALowerLimit) {
  EXPECT_EQ(most_frontend_body('S'), 9'996U);
  EXPECT_EQ(most_frontend_body('D'), 9'996U);
  EXPECT_EQ(most_frontend_body('f'), 9'996U);
  for (const char type : {'Q', 'P', 'B', 'F', 'd'}) EXPECT_EQ(most_frontend_body(type), most_body);
}

TEST(StartupSize, IsTheLengthItself) {
  EXPECT_EQ(startup_size("\0\0\0\x08"s).value(), 8U);
  EXPECT_EQ(startup_size("\0\0\x27\x14"s).value(), most_startup);
  const std::string bytes = "\0\0\0\x08"s;
  for (std::size_t size = 0; size < 4; ++size)
    EXPECT_EQ(startup_size(Bytes(bytes).substr(0, size)).value(), std::nullopt);
}

TEST(StartupSize, RefusesTooShortAndTooLong) {
  for (const std::string& length :
       {"\0\0\0\0"s, "\0\0\0\7"s, "\0\0\x27\x15"s, "\xff\xff\xff\xff"s, "GET "s, "\x16\3\1\2"s}) {
    ASSERT_FALSE(startup_size(length));
    EXPECT_EQ(startup_size(length).error(), Malformed::startup_length);
  }
}

TEST(Message, IsAppendedWithItsHeader) {
  std::string out = "before";
  append_message(out, 'd', "row");
  EXPECT_EQ(out, "befored\0\0\0\7row"s);
}

TEST(Malformed, HasAText) {
  for (const Malformed malformed :
       {Malformed::bad_length, Malformed::unknown_type, Malformed::bad_body, Malformed::startup_length}) {
    EXPECT_FALSE(to_string(malformed).empty());
  }
}

}  // namespace
}  // namespace lockkeeper::wire::postgres
