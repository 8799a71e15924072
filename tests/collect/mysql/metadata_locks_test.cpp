// The compatibility of metadata locks, by what both servers' manuals and sources say.
#include "collect/mysql/metadata_locks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace lockkeeper::collect::mysql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::array<std::string_view, 10> modes{"SHARED",           "SHARED_HIGH_PRIO",      "SHARED_READ",
                                                 "SHARED_WRITE",     "SHARED_WRITE_LOW_PRIO", "SHARED_UPGRADABLE",
                                                 "SHARED_READ_ONLY", "SHARED_NO_WRITE",       "SHARED_NO_READ_WRITE",
                                                 "EXCLUSIVE"};

TEST(MetadataLocks, GrantedModesExcludeEachOtherBothWays) {
  for (const auto one : modes) {
    for (const auto other : modes)
      EXPECT_EQ(excluded_by_granted(one, other), excluded_by_granted(other, one)) << one << " and " << other;
    EXPECT_TRUE(excluded_by_granted(one, "EXCLUSIVE")) << one;
  }
  EXPECT_FALSE(excluded_by_granted("SHARED_READ", "SHARED_WRITE"));
  EXPECT_TRUE(excluded_by_granted("SHARED_UPGRADABLE", "SHARED_UPGRADABLE"));
  EXPECT_FALSE(excluded_by_granted("SHARED_UPGRADABLE", "SHARED_WRITE"));
  EXPECT_TRUE(excluded_by_granted("SHARED_NO_WRITE", "SHARED_WRITE"));
  EXPECT_TRUE(excluded_by_granted("SHARED_NO_READ_WRITE", "SHARED_READ"));
}

TEST(MetadataLocks, NoTwoWaitBehindEachOther) {
  for (const auto one : modes) {
    for (const auto other : modes)
      EXPECT_FALSE(excluded_by_pending(one, other) && excluded_by_pending(other, one)) << one << " and " << other;
  }
  EXPECT_TRUE(excluded_by_pending("SHARED_READ", "EXCLUSIVE"));
  EXPECT_FALSE(excluded_by_pending("SHARED_HIGH_PRIO", "EXCLUSIVE")) << "reading definitions does not queue";
  EXPECT_FALSE(excluded_by_pending("EXCLUSIVE", "SHARED_READ"));
}

TEST(MetadataLocks, GlobalReadLock) {
  EXPECT_TRUE(excluded_by_granted("INTENTION_EXCLUSIVE", "SHARED")) << "FLUSH TABLES WITH READ LOCK stops writers";
  EXPECT_FALSE(excluded_by_granted("INTENTION_EXCLUSIVE", "INTENTION_EXCLUSIVE"));
  EXPECT_FALSE(excluded_by_granted("SHARED", "SHARED"));
  EXPECT_TRUE(excluded_by_granted("BACKUP_DML", "BACKUP_FTWRL2"));
  EXPECT_FALSE(excluded_by_granted("BACKUP_DML", "BACKUP_TRANS_DML"));
}

TEST(MetadataLocks, UnknownModesExcludeNobody) {
  EXPECT_FALSE(excluded_by_granted("SHARED_READ", "SOMETHING_NEW"));
  EXPECT_FALSE(excluded_by_pending("SOMETHING_NEW", "EXCLUSIVE"));
}

TEST(MetadataLocks, OneObjectAtATime) {
  const std::vector<MetadataLockRow> rows{{"TABLE", "shop.a", "SHARED_READ", true, 1},
                                          {"TABLE", "shop.b", "EXCLUSIVE", false, 2},
                                          {"FUNCTION", "shop.a", "EXCLUSIVE", false, 3}};
  for (const auto& wait : metadata_waits(rows)) EXPECT_THAT(wait.holders, IsEmpty());
}

TEST(MetadataLocks, EachHolderOnce) {
  const std::vector<MetadataLockRow> rows{{"TABLE", "shop.a", "SHARED_READ", true, 1},
                                          {"TABLE", "shop.a", "SHARED_WRITE", true, 1},
                                          {"TABLE", "shop.a", "EXCLUSIVE", false, 2}};
  const auto waits = metadata_waits(rows);
  ASSERT_EQ(waits.size(), 1);
  EXPECT_THAT(waits.front().holders, ElementsAre(1));
}

}  // namespace
}  // namespace lockkeeper::collect::mysql
