#include "demo/address.hpp"

#include <gtest/gtest.h>

namespace lockkeeper::demo {
namespace {

TEST(Address, IsReadAndWrittenAgain) {
  const Address address = address_of("mariadb://root:secret@127.0.0.1:3306/test");
  EXPECT_EQ(address.scheme, "mariadb");
  EXPECT_EQ(address.user, "root");
  EXPECT_EQ(address.password, "secret");
  EXPECT_EQ(address.server, "127.0.0.1:3306");
  EXPECT_EQ(address.database, "test");
  EXPECT_EQ(address.url(), "mariadb://root:secret@127.0.0.1:3306/test");
}

TEST(Address, TakesAnotherUserAndServer) {
  Address address = address_of("postgresql://postgres@127.0.0.1:5432/postgres?sslmode=disable");
  EXPECT_EQ(address.password, "");
  EXPECT_EQ(address.database, "postgres");
  address.user = address.database = "shop";
  address.server = "127.0.0.1:6432";
  EXPECT_EQ(address.url(), "postgresql://shop@127.0.0.1:6432/shop");
}

}  // namespace
}  // namespace lockkeeper::demo
