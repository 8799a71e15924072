// A cursor behind its columns: the server's own on PostgreSQL, a stream elsewhere.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <lockkeeper/connection.hpp>

#include "client/transaction_scope.hpp"

namespace lockkeeper::client {

/// Used by its scope's thread. Destroyed elsewhere, it leaves the closing to the transaction's end.
class CursorBody {
 public:
  /// Opens it. Throws Failure.
  CursorBody(std::shared_ptr<TransactionScope> scope, std::string_view sql, std::span<const Parameter> parameters);
  CursorBody(const CursorBody&) = delete;
  CursorBody& operator=(const CursorBody&) = delete;
  ~CursorBody();

  [[nodiscard]] Rows fetch(std::size_t count);
  [[nodiscard]] bool is_of(const TransactionScope& scope) const noexcept { return scope_.get() == &scope; }
  [[nodiscard]] const TransactionScope& scope() const noexcept { return *scope_; }

 private:
  [[nodiscard]] Rows fetch_by_name(std::size_t count);
  [[nodiscard]] Rows fetch_from_stream(std::size_t count);

  std::shared_ptr<TransactionScope> scope_;
  std::string name_;  // The server's cursor; empty: a stream.
  std::unique_ptr<RowStream> stream_;
  Rows chunk_;
  std::size_t next_ = 0;  // In the chunk.
  bool at_end_ = false;
};

}  // namespace lockkeeper::client
