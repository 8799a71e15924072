// The file of an SQLite history: whose it is, who may read it, what becomes of it when others interfere.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <stdexcept>

#include <lockkeeper/sqlite.hpp>

#include "store/history_contract.hpp"
#include "store/schema.hpp"
#include "store/sqlite_history.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class SqliteHistory : public ::testing::Test {
 protected:
  store::Result<std::unique_ptr<store::History>> try_open(store::SqliteHistoryOptions options = {},
                                                          Deadline deadline = soon()) {
    if (options.file.empty()) options.file = file_;
    return store::open_sqlite_history(*driver_, options, deadline);
  }
  std::unique_ptr<store::History> open(const store::SqliteHistoryOptions& options = {}) {
    auto opened = try_open(options);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  Error error_of_opening(const store::SqliteHistoryOptions& options = {}, Deadline deadline = soon()) {
    auto opened = try_open(options, deadline);
    return opened ? Error{ErrorCode::misuse, "", "it was opened", Blast::statement} : opened.error();
  }

  std::unique_ptr<Connection> connect(const std::string& options = "") {
    return driver_->connect({.url = "sqlite://" + file_.string() + options}, soon());
  }
  static std::string single(Connection& connection, const std::string& sql) {
    return std::string(connection.execute(sql, soon()).cell(0, 0).value_or("NULL"));
  }
  static mode_t permissions(const std::filesystem::path& file) {
    struct stat status{};
    return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
  }
  static std::size_t periods(store::History& history) { return history.read(everything(), soon())->periods.size(); }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "new" / "folder" / "history.sqlite";
  std::unique_ptr<Driver> driver_ = make_sqlite_driver();
};

TEST_F(SqliteHistory, ItsFilesAreItsOwnersAlone) {
  const mode_t before = ::umask(0);
  const auto history = open();
  ASSERT_TRUE(history->append({.samples = {sample_at(1, 1)}}, soon()));
  ::umask(before);
  EXPECT_EQ(permissions(file_), 0600U);
  EXPECT_EQ(permissions(file_.string() + "-wal"), 0600U);
  EXPECT_EQ(permissions(file_.string() + "-shm"), 0600U);
}

TEST_F(SqliteHistory, NamesMayBeOdd) {
  file_ = folder_.path() / "a 100% odd?name#1.sqlite";
  ASSERT_TRUE(open()->append({.samples = {sample_at(1, 1)}}, soon()));
  EXPECT_EQ(periods(*open({.file = {}, .read_only = true})), 1U);
  EXPECT_TRUE(std::filesystem::exists(file_));
}

TEST_F(SqliteHistory, IsThereAgainLater) {
  ASSERT_TRUE(open()->append({.samples = {sample_at(1, 1)}}, soon()));
  EXPECT_EQ(periods(*open()), 1U);
  EXPECT_EQ(single(*connect(), "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(single(*connect(), "PRAGMA auto_vacuum"), "2");
  EXPECT_EQ(single(*connect(), "PRAGMA integrity_check"), "ok");
}

TEST_F(SqliteHistory, IsReadWhileItIsWritten) {
  const auto writer = open();
  ASSERT_TRUE(writer->append({.samples = {sample_at(1, 1)}}, soon()));
  const auto reader = open({.file = {}, .read_only = true});
  const auto busy = connect();
  busy->begin({}, soon());
  EXPECT_EQ(periods(*reader), 1U) << "whoever reads does not wait for whoever writes";
  const auto locked = writer->append({.samples = {sample_at(2, 1)}}, std::chrono::steady_clock::now() + 20ms);
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, ErrorCode::deadline);
  EXPECT_THAT(locked.error().message, HasSubstr("another program keeps it locked"));
  busy->execute("ROLLBACK", soon());
  ASSERT_TRUE(writer->append({.samples = {sample_at(2, 1)}}, soon()));
  EXPECT_EQ(periods(*reader), 2U);
}

TEST_F(SqliteHistory, WhoReadsChangesNothing) {
  open();
  const auto reader = open({.file = {}, .read_only = true});
  const auto result = reader->append({.samples = {sample_at(1, 1)}}, soon());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::permission);
}

TEST_F(SqliteHistory, WhereThereIsNoneThereIsNothingToRead) {
  const Error error = error_of_opening({.file = {}, .read_only = true});
  EXPECT_EQ(error.code, ErrorCode::unknown_database);
  EXPECT_THAT(error.message, HasSubstr(file_.string()));
  EXPECT_THAT(error.message, HasSubstr("there is no such file"));
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(SqliteHistory, AnEmptyFileIsNoHistoryYet) {
  std::filesystem::create_directories(file_.parent_path());
  write_file(file_, "");
  EXPECT_THAT(error_of_opening({.file = {}, .read_only = true}).message, HasSubstr("it is empty"));
  EXPECT_EQ(periods(*open()), 0U);
}

TEST_F(SqliteHistory, AnotherProgramsDatabaseIsLeftAlone) {
  std::filesystem::create_directories(file_.parent_path());
  {
    const auto other = connect("?journal_mode=delete");
    other->execute("CREATE TABLE bookmarks (url text)", soon());
  }
  for (const bool read_only : {false, true}) {
    const Error error = error_of_opening({.file = {}, .read_only = read_only});
    EXPECT_EQ(error.code, ErrorCode::configuration);
    EXPECT_THAT(error.message, HasSubstr("not a history of Lockkeeper"));
    EXPECT_THAT(error.message, HasSubstr("name another file"));
  }
  const auto other = connect("?mode=ro");
  EXPECT_EQ(single(*other, "PRAGMA journal_mode"), "delete");
  EXPECT_EQ(single(*other, "SELECT group_concat(name) FROM sqlite_master"), "bookmarks");
}

TEST_F(SqliteHistory, AFileThatIsNoDatabaseIsLeftAlone) {
  std::filesystem::create_directories(file_.parent_path());
  write_file(file_, "# my notes, which are long enough to be a header of SQLite's, and then some more of it\n");
  const Error error = error_of_opening();
  EXPECT_EQ(error.code, ErrorCode::protocol);
  EXPECT_THAT(error.message, HasSubstr("move it away"));
  std::ifstream notes(file_);
  std::string word;
  notes >> word >> word;
  EXPECT_EQ(word, "my");
}

TEST_F(SqliteHistory, AFolderIsNoHistory) {
  std::filesystem::create_directories(file_);
  EXPECT_THAT(error_of_opening().message, HasSubstr("directory"));
  EXPECT_FALSE(try_open({.file = {}, .read_only = true}));
}

TEST_F(SqliteHistory, ANewerSchemaAsksForANewerProgram) {
  open();
  connect()->execute("PRAGMA user_version=7", soon());
  for (const bool read_only : {false, true}) {
    const Error error = error_of_opening({.file = {}, .read_only = read_only});
    EXPECT_EQ(error.code, ErrorCode::configuration);
    EXPECT_THAT(error.message, HasSubstr("newer Lockkeeper (its schema is version 7"));
  }
}

TEST_F(SqliteHistory, AnOlderSchemaIsBroughtUpToDate) {
  ASSERT_TRUE(open()->append({.findings = {finding_seen(1, 2)}}, soon()));
  std::vector<store::SchemaStep> steps(store::schema_steps().begin(), store::schema_steps().end());
  steps.push_back(
      {"ALTER TABLE finding ADD COLUMN mood TEXT NOT NULL DEFAULT 'fine'", "CREATE TABLE extra (x INTEGER)"});
  const auto connection = connect();
  store::migrate(*connection, steps, soon());
  EXPECT_EQ(single(*connection, "PRAGMA user_version"), std::to_string(steps.size()));
  EXPECT_EQ(single(*connection, "SELECT mood FROM finding"), "fine");
  store::migrate(*connection, steps, soon());
}

TEST_F(SqliteHistory, AMigrationThatFailsLeavesAllAsItWas) {
  open();
  std::vector<store::SchemaStep> steps(store::schema_steps().begin(), store::schema_steps().end());
  steps.push_back({"CREATE TABLE extra (x INTEGER)", "CREATE TABLE finding (no TEXT)"});
  EXPECT_THROW(store::migrate(*connect(), steps, soon()), Failure);
  EXPECT_EQ(single(*connect(), "PRAGMA user_version"), std::to_string(steps.size() - 1));
  EXPECT_EQ(single(*connect(), "SELECT count(*) FROM sqlite_master WHERE name = 'extra'"), "0");
  open();
}

TEST_F(SqliteHistory, AFileThatWentAwayIsNoticed) {
  const auto history = open();
  ASSERT_TRUE(history->append({.samples = {sample_at(1, 1)}}, soon()));
  std::filesystem::remove(file_);
  const auto result = history->append({.samples = {sample_at(2, 1)}}, soon());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::connection_lost);
  EXPECT_THAT(result.error().message, HasSubstr("moved, replaced or deleted"));
}

TEST_F(SqliteHistory, ADamagedFileSaysSo) {
  {
    const auto history = open();
    model::HistoryBatch batch;
    for (int second = 0; second < 2'000; ++second) batch.samples.push_back(sample_at(second, 1));
    ASSERT_TRUE(history->append(batch, soon()));
  }
  {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(8192);
    file << std::string(100'000, '\xfe');
  }
  auto opened = try_open();
  const auto result = opened ? (*opened)->read(everything(), soon()) : std::unexpected(opened.error());
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("damaged"));
}

TEST_F(SqliteHistory, AFullDiskKeepsNothingOfABatch) {
  auto history = open({.file = {}, .read_only = false, .pragmas = {{"max_page_count", "60"}}});
  model::HistoryBatch batch{.samples = {sample_at(1, 1)}, .transactions = {transaction_between(1, 2)}};
  ASSERT_TRUE(history->append(batch, soon()));
  batch.samples[0].at = at_second(5);
  batch.transactions[0].json = std::string(1'000'000, 'x');
  const auto result = history->append(batch, soon());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::disk_full);
  EXPECT_THAT(result.error().message, HasSubstr("make room"));
  history = open();
  const auto window = history->read(everything(), soon());
  EXPECT_THAT(window->periods, SizeIs(1));
  EXPECT_THAT(window->transactions, SizeIs(1));
  EXPECT_TRUE(history->append(batch, soon())) << "with room it goes on";
}

TEST_F(SqliteHistory, TwoMayBeginTheSameFile) {
  const auto one = open();
  const auto two = open();
  ASSERT_TRUE(one->append({.samples = {sample_at(1, 1)}}, soon()));
  ASSERT_TRUE(two->append({.samples = {sample_at(2, 1)}}, soon()));
  EXPECT_EQ(periods(*one), 2U);
}

}  // namespace
}  // namespace lockkeeper::testing
