// From what SQLite says to what our caller can act on.
#pragma once

#include <sqlite3.h>

#include <span>
#include <string>
#include <string_view>

#include <lockkeeper/connection.hpp>

#include "client/drivers/sqlite_interruption.hpp"

namespace lockkeeper::client::sqlite {

/// What a call failed with. To be taken at once: the next call forgets it.
struct Fault {
  int code = SQLITE_OK;  ///< SQLite's extended result code.
  std::string message = {};

  [[nodiscard]] int primary() const noexcept { return code & 0xff; }
};
[[nodiscard]] Fault fault_of(sqlite3* database);

/// In what circumstances a statement failed: SQLITE_BUSY alone says little.
struct Circumstances {
  StoppedBy stopped_by = StoppedBy::nothing;
  bool was_open = false;  ///< A transaction, before.
  bool is_open = false;   ///< And after.
  bool changes = false;   ///< Whether the statement wants to write.
  std::string_view sql = {};
  std::span<const Parameter> parameters = {};
};

/// Whole, with its blast. Parameters are kept out of it.
[[nodiscard]] Error statement_error(sqlite3* database, const Fault& fault, const Circumstances& circumstances);

/// The words without what they quote of text parameters, each replaced by its number. What the statement says itself
/// stays.
[[nodiscard]] std::string without_values(std::string words, std::string_view sql,
                                         std::span<const Parameter> parameters);

[[nodiscard]] Error configuration_error(std::string_view words);
[[nodiscard]] Error misuse(std::string_view words, Blast blast = Blast::statement);
[[nodiscard]] Error too_late(std::string_view what);
/// Somebody cancelled between two statements of a batch, or its deadline passed there.
[[nodiscard]] Error stopped_between(StoppedBy stopped_by);

}  // namespace lockkeeper::client::sqlite
