#include "store/sqlite_history.hpp"

#include <optional>
#include <type_traits>
#include <utility>

#include "store/in_transaction.hpp"
#include "store/sqlite_append.hpp"
#include "store/sqlite_file.hpp"
#include "store/sqlite_read.hpp"
#include "store/sqlite_trim.hpp"

namespace lockkeeper::store {
namespace {

class SqliteHistory : public History {
 public:
  SqliteHistory(std::unique_ptr<Connection> connection, std::filesystem::path file)
      : connection_(std::move(connection)), file_(std::move(file)), identity_(identity_of(file_)) {}

  Result<void> append(const model::HistoryBatch& batch, Deadline deadline) override {
    return attempt([&] {
      if (batch.empty()) return;
      in_transaction(*connection_, {}, deadline, [&] { append_rows(*connection_, batch, deadline); });
    });
  }

  Result<model::HistoryWindow> read(const model::HistoryQuery& query, Deadline deadline) override {
    return attempt([&] {
      model::HistoryWindow window;
      in_transaction(*connection_, {.read_only = true}, deadline,
                     [&] { window = read_window(*connection_, query, deadline); });
      return window;
    });
  }

  Result<std::vector<model::HistoryShape>> shapes(const std::string& server, Deadline deadline) override {
    return attempt([&] { return read_shapes(*connection_, server, deadline); });
  }

  Result<Trimmed> trim(model::WallTime now, const Retention& retention, Deadline deadline) override {
    return attempt([&] { return trim_tables(*connection_, now, retention, deadline); });
  }

  Result<std::int64_t> size_bytes(Deadline deadline) override {
    return attempt([&] { return pages_of(*connection_, deadline).bytes(); });
  }

 private:
  template <class Work>
  Result<std::invoke_result_t<const Work&>> attempt(const Work& work) {
    try {
      require_file();
      if constexpr (std::is_void_v<std::invoke_result_t<const Work&>>) {
        work();
        return {};
      } else {
        return work();
      }
    } catch (const Failure& failure) {
      return std::unexpected(about_file(failure.error(), file_));
    }
  }

  // With a write-ahead log SQLite itself writes on into a file that has no name any more.
  void require_file() const {
    if (file_.empty() || (identity_ && identity_of(file_) == identity_)) return;
    throw Failure({ErrorCode::connection_lost, "", "the file was moved, replaced or deleted", Blast::connection});
  }

  std::unique_ptr<Connection> connection_;
  std::filesystem::path file_;
  std::optional<FileIdentity> identity_;  // Nothing: in memory.
};

}  // namespace

Result<std::unique_ptr<History>> open_sqlite_history(Driver& driver, const SqliteHistoryOptions& options,
                                                     Deadline deadline) {
  try {
    return std::make_unique<SqliteHistory>(connect_to_history(driver, options, deadline), options.file);
  } catch (const Failure& failure) {
    return std::unexpected(about_file(failure.error(), options.file));
  }
}

}  // namespace lockkeeper::store
