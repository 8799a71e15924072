// The driver's reading of text: connection strings, libpq's messages, first words of statements.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/drivers/commit_words.hpp"
#include "client/drivers/postgres_errors.hpp"
#include "client/drivers/postgres_secrets.hpp"

namespace lockkeeper::client {
namespace {

TEST(PublicUrl, KeepsEverythingButSecrets) {
  EXPECT_EQ(public_postgres_url("postgresql://ann:pw@db.example:5433/clinic?sslmode=require"),
            "postgresql://ann@db.example:5433/clinic?sslmode=require");
  EXPECT_EQ(public_postgres_url("postgres://ann:p%40w%2F@h/d"), "postgres://ann@h/d");
  EXPECT_EQ(public_postgres_url("postgresql://h/d?password=pw&connect_timeout=3&sslpassword=x"),
            "postgresql://h/d?connect_timeout=3");
  EXPECT_EQ(public_postgres_url("postgresql://h/d?p%61ssword=pw"), "postgresql://h/d");
  EXPECT_EQ(public_postgres_url("postgresql://ann:p?w@h/d"), "postgresql://ann@h/d");
  EXPECT_EQ(public_postgres_url("postgresql://[::1]:5432/d"), "postgresql://[::1]:5432/d");
  EXPECT_EQ(public_postgres_url("postgresql://a:pw@h1:1,h2:2/d?user=x@y"), "postgresql://a@h1:1,h2:2/d?user=x@y");
  EXPECT_EQ(public_postgres_url("postgresql://"), "postgresql://");
  EXPECT_EQ(public_postgres_url(""), "");
  EXPECT_EQ(public_postgres_url("clinic"), "clinic");
  EXPECT_EQ(public_postgres_url("host=h password='a b' user=ann"), "user=ann host=h");
  EXPECT_EQ(public_postgres_url("host=h dbname='it\\'s'"), "dbname='it\\'s' host=h");
}

TEST(PublicUrl, HidesWhatItDoesNotUnderstand) {
  EXPECT_EQ(public_postgres_url("postgresql://ann:p@w@h/d"), "postgresql://…");
  EXPECT_EQ(public_postgres_url("postgresql://ann:p@w/x@h/d"), "postgresql://…");
  EXPECT_EQ(public_postgres_url("postgresql://ann:p%zz@h/d"), "postgresql://…");
  EXPECT_EQ(public_postgres_url("mysql://ann:pw@h/d"), "mysql://…");
  EXPECT_EQ(public_postgres_url("host=h password=a b"), "…");
  EXPECT_EQ(public_postgres_url("ann:pw@h"), "…");
  EXPECT_EQ(public_postgres_url(std::string_view("postgresql://a\0b:pw@h", 21)), "postgresql://…");
}

TEST(WithoutSecrets, HidesQuotationsOfThePasswordOnly) {
  EXPECT_EQ(without_secrets("invalid port number: \"99999\"", "postgresql://ann:pw@h:99999/d"),
            "invalid port number: \"99999\"");
  EXPECT_EQ(without_secrets("invalid integer value \"pw\" for \"port\"", "postgresql://ann:pw/x@h/d"),
            "invalid integer value \"…\" for \"port\"");
  EXPECT_EQ(without_secrets("missing \"=\" after \"word\" in", "host=h password=pass word"),
            "missing \"=\" after \"…\" in");
}

TEST(VerboseText, GivesTheSqlstateInAnyLanguage) {
  const VerboseText german = parse_verbose(
      "connection to server at \"::1\", port 5432 failed: SCHWERWIEGEND:  28P01: Passwort falsch\n"
      "DETAIL:  mehr\nLOCATION:  auth_failed, auth.c:326\n");
  EXPECT_EQ(german.sqlstate, "28P01");
  EXPECT_EQ(german.message,
            "connection to server at \"::1\", port 5432 failed: SCHWERWIEGEND:  Passwort falsch\nDETAIL:  mehr");
}

TEST(VerboseText, TheLastServerDecidesAndNamesDoNotDeceive) {
  EXPECT_EQ(parse_verbose("FATAL:  57P03: starting\nFATAL:  3D000: database \":  28P01: \" does not exist\n").sqlstate,
            "3D000");
  EXPECT_EQ(parse_verbose("connection to server at \"h\", port 1 failed: Connection refused\n").sqlstate, "");
}

TEST(CommitWords, FindTheFirstWordBehindComments) {
  EXPECT_TRUE(ends_transaction_with_commit("commit"));
  EXPECT_TRUE(ends_transaction_with_commit(" -- a note\n /* and /* nested */ */ ; COMMIT;"));
  EXPECT_TRUE(ends_transaction_with_commit("End"));
  EXPECT_TRUE(ends_transaction_with_commit("PREPARE TRANSACTION 'x'"));
  EXPECT_FALSE(ends_transaction_with_commit("committed"));
  EXPECT_FALSE(ends_transaction_with_commit("-- COMMIT"));
  EXPECT_FALSE(ends_transaction_with_commit("/* COMMIT"));
  EXPECT_FALSE(ends_transaction_with_commit(""));
}

TEST(CommitWords, KnowWhatCommitsNothing) {
  EXPECT_TRUE(never_commits_by_itself("BEGIN ISOLATION LEVEL SERIALIZABLE"));
  EXPECT_TRUE(never_commits_by_itself("show all"));
  EXPECT_FALSE(never_commits_by_itself("SELECT 1"));
  EXPECT_FALSE(never_commits_by_itself("INSERT INTO t VALUES (1)"));
  EXPECT_FALSE(never_commits_by_itself("COMMIT PREPARED 'x'"));
}

}  // namespace
}  // namespace lockkeeper::client
