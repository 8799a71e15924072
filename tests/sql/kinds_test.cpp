// What a statement does, by its first words.
#include "sql/support.hpp"

namespace lockkeeper::sql::test {
namespace {

struct Case {
  std::string_view text;
  StatementKind kind;
  bool writes = false;
};

void expect_kinds(const std::vector<Case>& cases, const Options& options) {
  for (const Case& expected : cases) {
    const Statement statement = analyze(expected.text, options);
    EXPECT_EQ(to_string(statement.kind), to_string(expected.kind)) << expected.text;
    EXPECT_EQ(statement.writes, expected.writes) << expected.text;
  }
}

using enum StatementKind;

TEST(Kinds, OfQueries) {
  expect_kinds({{"SELECT 1", select},
                {"((SELECT 1) UNION (SELECT 2))", select},
                {"VALUES (1)", select},
                {"TABLE t", select},
                {"SELECT \"for\", update FROM t", select},
                {"SELECT substring(a FOR 3) FROM t", select},
                {"SELECT a FROM t FOR UPDATE", select_locking},
                {"SELECT a FROM t FOR NO KEY UPDATE NOWAIT", select_locking},
                {"SELECT a FROM t FOR SHARE OF t SKIP LOCKED", select_locking},
                {"SELECT a FROM t FOR KEY SHARE", select_locking},
                {"SELECT * FROM (SELECT a FROM t FOR UPDATE) s", select_locking},
                {"SELECT lock FROM t WHERE lock IN (1)", select},
                {"WITH a AS (SELECT 1) SELECT * FROM a", select},
                {"WITH a AS (SELECT 1) SELECT * FROM t FOR UPDATE", select_locking},
                {"WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", select, true},
                {"WITH a (x) AS NOT MATERIALIZED (UPDATE t SET b = 1 RETURNING *) TABLE a", select, true},
                {"WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", insert, true},
                {"(WITH a AS (SELECT 1) SELECT * FROM a)", select}},
               postgres);
}

TEST(Kinds, OfWrites) {
  expect_kinds({{"INSERT INTO t VALUES (1)", insert, true},
                {"UPDATE t SET a = 1", update, true},
                {"DELETE FROM t", delete_, true},
                {"MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", merge, true},
                {"COPY t FROM STDIN", copy, true},
                {"COPY t TO STDOUT", copy},
                {"COPY (SELECT a FROM t) TO STDOUT", copy},
                {"CALL p()", call},
                {"DO $$ DELETE FROM t $$", call},
                {"EXECUTE p(1)", call}},
               postgres);
}

TEST(Kinds, OfTransactions) {
  expect_kinds({{"BEGIN", begin},
                {"begin work", begin},
                {"START TRANSACTION READ ONLY", begin},
                {"COMMIT", commit},
                {"END", commit},
                {"COMMIT AND CHAIN", commit},
                {"ROLLBACK", rollback},
                {"ABORT", rollback},
                {"SAVEPOINT s", savepoint},
                {"RELEASE SAVEPOINT s", release},
                {"ROLLBACK TO s", rollback_to},
                {"ROLLBACK WORK TO SAVEPOINT s", rollback_to},
                {"PREPARE TRANSACTION 'x'", prepare_transaction},
                {"COMMIT PREPARED 'x'", commit_prepared},
                {"ROLLBACK PREPARED 'x'", rollback_prepared},
                {"PREPARE p AS SELECT 1", utility}},
               postgres);
}

TEST(Kinds, OfEverythingElse) {
  expect_kinds({{"SET a = 1", set},
                {"RESET ALL", set},
                {"SHOW a", show},
                {"EXPLAIN SELECT 1", explain},
                {"EXPLAIN DELETE FROM t", explain},
                {"EXPLAIN ANALYZE DELETE FROM t", explain, true},
                {"EXPLAIN (ANALYZE, BUFFERS) INSERT INTO t VALUES (1)", explain, true},
                {"EXPLAIN ANALYZE SELECT 1", explain},
                {"FETCH 10 FROM c", fetch},
                {"MOVE 10 FROM c", fetch},
                {"LOCK TABLE t", lock},
                {"LISTEN a", listen},
                {"NOTIFY a", listen},
                {"UNLISTEN *", listen},
                {"VACUUM t", maintenance},
                {"ANALYZE t", maintenance},
                {"REFRESH MATERIALIZED VIEW v", maintenance},
                {"CREATE TABLE t (a int)", ddl},
                {"CREATE TABLE t AS SELECT 1 FOR UPDATE", ddl},
                {"TRUNCATE t", ddl},
                {"GRANT SELECT ON t TO u", ddl},
                {"DECLARE c CURSOR FOR SELECT 1", utility},
                {"DISCARD ALL", utility},
                {"frobnicate", unknown},
                {"\"select\" 1", unknown},
                {"((", unknown},
                {"", empty},
                {" ; -- x\n;", empty}},
               postgres);
}

TEST(Kinds, OfMysql) {
  expect_kinds({{"REPLACE INTO t VALUES (1)", insert, true},
                {"LOAD DATA INFILE 'x' INTO TABLE t", copy, true},
                {"SELECT a FROM t LOCK IN SHARE MODE", select_locking},
                {"SELECT a FROM t FOR UPDATE", select_locking},
                {"XA START 'x'", begin},
                {"XA END 'x'", utility},
                {"XA PREPARE 'x'", prepare_transaction},
                {"XA COMMIT 'x'", commit_prepared},
                {"XA ROLLBACK 'x'", rollback_prepared},
                {"XA RECOVER", show},
                {"USE shop", set},
                {"DESC t", show},
                {"DESC SELECT 1", explain},
                {"ANALYZE TABLE t", maintenance},
                {"ANALYZE UPDATE t SET a = 1", explain, true},
                {"LOCK TABLES t WRITE", lock},
                {"UNLOCK TABLES", lock},
                {"KILL QUERY 5", utility},
                {"/*! SELECT */ 1", select},
                {"CREATE PROCEDURE p() BEGIN INSERT INTO t VALUES (1); COMMIT; END", ddl}},
               mysql);
}

TEST(Kinds, OfSeveralStatements) {
  expect_kinds({{"BEGIN; DELETE FROM t; COMMIT;;", commit, true},
                {"SELECT 1; SELECT 2 FOR UPDATE;", select_locking},
                {"INSERT INTO t VALUES (1); SELECT 1", select, true}},
               postgres);
}

TEST(Kinds, HaveStableNames) {
  EXPECT_EQ(to_string(delete_), "delete");
  EXPECT_EQ(to_string(select_locking), "select_locking");
  EXPECT_TRUE(writes(merge));
  EXPECT_FALSE(writes(select_locking));
}

}  // namespace
}  // namespace lockkeeper::sql::test
