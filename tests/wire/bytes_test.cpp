// The reader and the writer that every decoder and encoder is made of.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"

namespace lockkeeper::base {
namespace {

using namespace std::literals;

TEST(ByteReader, ReadsBothByteOrders) {
  const std::string bytes = "\1\1\2\1\2\1\2\3\1\2\3\4\1\2\3\4\1\2\3\4\5\6\7\x08\1\2\3\4\5\6\7\x08"s;
  ByteReader reader(bytes);
  EXPECT_EQ(reader.byte(), 1);
  EXPECT_EQ(reader.uint16_big(), 0x0102);
  EXPECT_EQ(reader.uint16_little(), 0x0201);
  EXPECT_EQ(reader.uint24_little(), 0x030201U);
  EXPECT_EQ(reader.uint32_big(), 0x01020304U);
  EXPECT_EQ(reader.uint32_little(), 0x04030201U);
  EXPECT_EQ(reader.uint64_big(), 0x0102030405060708U);
  EXPECT_EQ(reader.uint64_little(), 0x0807060504030201U);
  EXPECT_TRUE(reader.finished());
}

TEST(ByteReader, FailsForGoodAtTheFirstMissingByte) {
  ByteReader reader("abc");
  EXPECT_EQ(reader.uint32_big(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.byte(), 0);
  EXPECT_EQ(reader.rest(), "");
  EXPECT_FALSE(reader.finished());
}

TEST(ByteReader, ATextEndsAtItsZeroByte) {
  const std::string bytes = "ann\0\0bob"s;
  ByteReader reader(bytes);
  EXPECT_EQ(reader.text(), "ann");
  EXPECT_EQ(reader.text(), "");
  EXPECT_TRUE(reader.ok());
  EXPECT_FALSE(reader.finished());
  EXPECT_EQ(reader.text(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, TakesBytesAndTheRest) {
  ByteReader reader("abcdef");
  EXPECT_EQ(reader.bytes(2), "ab");
  EXPECT_EQ(reader.take_rest(), "cdef");
  EXPECT_TRUE(reader.finished());
  EXPECT_EQ(reader.bytes(0), "");
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.bytes(1), "");
  EXPECT_FALSE(reader.ok());
}

TEST(ByteWriter, EndsATextAtItsZeroByte) {
  std::string out;
  ByteWriter(out).text("drop\0table"s);
  EXPECT_EQ(out, "drop\0"s);
}

TEST(ByteWriter, OverwritesALength) {
  std::string out = "x";
  ByteWriter writer(out);
  const std::size_t at = writer.position();
  writer.uint32_big(0);
  writer.bytes("body");
  writer.set_uint32_big(at, 0x01020304);
  EXPECT_EQ(out, "x\1\2\3\4body");
}

TEST(BytesProperty, WhatWasWrittenIsRead) {
  EXPECT_TRUE(rc::check([](std::uint16_t small, std::uint32_t number, std::uint64_t large, std::uint8_t byte) {
    std::string out;
    ByteWriter writer(out);
    writer.byte(byte);
    writer.uint16_big(small);
    writer.uint16_little(small);
    writer.uint24_little(number);
    writer.uint32_big(number);
    writer.uint32_little(number);
    writer.uint64_big(large);
    writer.uint64_little(large);
    ByteReader reader(out);
    RC_ASSERT(reader.byte() == byte);
    RC_ASSERT(reader.uint16_big() == small);
    RC_ASSERT(reader.uint16_little() == small);
    RC_ASSERT(reader.uint24_little() == (number & 0xffffffU));
    RC_ASSERT(reader.uint32_big() == number);
    RC_ASSERT(reader.uint32_little() == number);
    RC_ASSERT(reader.uint64_big() == large);
    RC_ASSERT(reader.uint64_little() == large);
    RC_ASSERT(reader.finished());
  }));
}

}  // namespace
}  // namespace lockkeeper::base
