// Which database a session is in: by the commands that change it, once they have succeeded.
#include "track/mysql/used_database.hpp"

#include "track/mysql/script.hpp"

namespace lockkeeper::testing::mysql {
namespace {

using ::testing::SizeIs;
using track::mysql::databases_used_in;
using track::mysql::UsedDatabases;

constexpr sql::Options mysql_text{.dialect = sql::Dialect::mysql};

TEST(UsedDatabase, IsWhatIsWrittenBehindUse) {
  for (const std::string_view text : {"USE other", "use other", " USE\tother ; ", "/* hello */ USE other -- there",
                                      "USE `other`", "Use \"other\"", "USE/**/other#", "USE other;;"}) {
    EXPECT_EQ(databases_used_in(text, mysql_text), UsedDatabases{"other"}) << text;
  }
  EXPECT_EQ(databases_used_in("USE `a``b c`", mysql_text), UsedDatabases{"a`b c"});
  EXPECT_EQ(databases_used_in("USE `a\"\"b`", mysql_text), UsedDatabases{"a\"\"b"});
  EXPECT_EQ(databases_used_in("USE 2nd", mysql_text), UsedDatabases{"2nd"});
  EXPECT_EQ(databases_used_in("SELECT 1; USE a; SELECT 'USE b'; USE c", mysql_text), (UsedDatabases{"", "a", "", "c"}));
}

TEST(UsedDatabase, IsNoneWhereThatIsNoUse) {
  for (const std::string_view text :
       {"SELECT 1", "USE", "USE a b", "USE `a", "USE ``", "`USE` a", "SELECT * FROM t USE INDEX (a)", "used a", ""}) {
    for (const std::string& each : databases_used_in(text, mysql_text)) EXPECT_EQ(each, "") << text;
  }
}

class MysqlDatabase : public Script {
 protected:
  [[nodiscard]] std::string database() const { return session_->recorded(now_).who->database; }
};

TEST_F(MysqlDatabase, IsTheOneOfTheLastUseThatSucceeded) {
  EXPECT_EQ(database(), "shop");
  say(query("USE stock"));
  EXPECT_EQ(database(), "shop") << "it may be refused";
  answer(error(1049, "42000"));
  EXPECT_EQ(database(), "shop");
  run("USE stock", ok(idle));
  EXPECT_EQ(database(), "stock");
  run("USE STOCK", ok(idle));
  EXPECT_EQ(database(), "STOCK") << "texts of one shape, and another database";
  run("SELECT 1", rows(1, idle));
  EXPECT_EQ(database(), "STOCK");
  EXPECT_EQ(session_->who()->id, 7U);
}

TEST_F(MysqlDatabase, IsToldOfWithTheTransactionsThatFollow) {
  run("BEGIN", ok(open));
  run("USE stock", ok(open));
  run("COMMIT", ok(idle));
  ASSERT_THAT(over(), SizeIs(1));
  EXPECT_EQ(over()[0]->client->database, "stock");
}

TEST_F(MysqlDatabase, IsChangedByACommandOfItsOwn) {
  say(command(my::Command::init_db, "stock"));
  answer(error(1044, "42000"));
  EXPECT_EQ(database(), "shop");
  say(command(my::Command::init_db, "stock"));
  answer(ok(idle));
  EXPECT_EQ(database(), "stock");
  say(command(my::Command::reset_connection));
  answer(ok(idle));
  EXPECT_EQ(database(), "stock");
}

TEST_F(MysqlDatabase, IsChangedInTheMiddleOfSeveralStatements) {
  say(query("USE a; SELECT 1; USE b; SELEC"));
  answer(ok(idle | flag::more));
  EXPECT_EQ(database(), "a");
  answer(rows(1, idle | flag::more));
  answer(ok(idle | flag::more));
  EXPECT_EQ(database(), "b");
  answer(error(1064, "42000"));
  EXPECT_EQ(database(), "b");
  run("SELECT 1; USE c", rows(1, idle | flag::more));
  answer(ok(idle));
  EXPECT_EQ(database(), "c");
}

TEST_F(MysqlDatabase, IsChangedByAPreparedUse) {  // Which MariaDB takes.
  say(prepare("USE stock"));
  answer(prepared(5));
  EXPECT_EQ(database(), "shop");
  say(execute(5));
  answer(ok(idle));
  EXPECT_EQ(database(), "stock");
}

}  // namespace
}  // namespace lockkeeper::testing::mysql
