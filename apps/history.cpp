#include "history.hpp"

#include <algorithm>

#include <lockkeeper/sqlite.hpp>

#include "store/sqlite_history.hpp"

namespace lockkeeper {
namespace {

// A store's messages have what to do in the lines after the first.
model::LookFailure failure_of(const Error& error) {
  const auto end = std::min(error.message.find('\n'), error.message.size());
  const auto rest = std::min(end + 1, error.message.size());
  return {std::string(to_string(error.code)), error.message.substr(0, end), error.message.substr(rest)};
}

}  // namespace

std::expected<model::HistoryWindow, model::LookFailure> read_history(const std::filesystem::path& file,
                                                                     const model::HistoryQuery& query,
                                                                     model::Duration timeout) {
  const Deadline deadline = std::chrono::steady_clock::now() + timeout;
  const auto driver = make_sqlite_driver();
  const auto opened = store::open_sqlite_history(*driver, {.file = file, .read_only = true}, deadline);
  if (!opened) return std::unexpected(failure_of(opened.error()));
  auto read = (*opened)->read(query, deadline);
  if (!read) return std::unexpected(failure_of(read.error()));
  return std::move(*read);
}

}  // namespace lockkeeper
