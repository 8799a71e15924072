// SQLite, in a file and in memory.
#include <stdexcept>

#include <lockkeeper/sqlite.hpp>

#include "store/history_contract.hpp"
#include "store/sqlite_history.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

class SqliteUnderTest : public StoreUnderTest {
 public:
  explicit SqliteUnderTest(bool in_memory) : in_memory_(in_memory) {}

  std::unique_ptr<store::History> open() override {
    store::SqliteHistoryOptions options;
    if (!in_memory_) options.file = folder_.path() / "history.sqlite";
    auto opened = store::open_sqlite_history(*driver_, options, soon());
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }

 private:
  bool in_memory_;
  TemporaryFolder folder_;
  std::unique_ptr<Driver> driver_ = make_sqlite_driver();
};

}  // namespace

std::vector<StoreCase> store_cases() {
  return {{"SqliteFile", [] { return std::make_unique<SqliteUnderTest>(false); }},
          {"SqliteInMemory", [] { return std::make_unique<SqliteUnderTest>(true); }, false}};
}

}  // namespace lockkeeper::testing
