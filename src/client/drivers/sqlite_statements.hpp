// The prepared statements that a connection keeps.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "client/drivers/sqlite_statement.hpp"

namespace lockkeeper::client::sqlite {

/// A statement for one run.
struct StatementInUse {
  PreparedStatement* statement = nullptr;
  std::unique_ptr<PreparedStatement> passing = {};  ///< Owns it where it is not kept.
};

/// At most so many, the least recently used thrown out first.
class Statements {
 public:
  explicit Statements(std::size_t most) : most_(most) {}

  /// Null where it is not kept. The pointer lives until the next `keep` or `forget_all`.
  [[nodiscard]] PreparedStatement* find(std::string_view sql) noexcept;

  /// Keeps it, if it is worth keeping.
  [[nodiscard]] StatementInUse keep(std::unique_ptr<PreparedStatement> statement);

  void forget_all() noexcept;

 private:
  using Entry = std::unique_ptr<PreparedStatement>;

  std::size_t most_;
  std::list<Entry> by_use_;                                                   // The latest first.
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_text_;  // Views of the statements' own texts.
};

}  // namespace lockkeeper::client::sqlite
