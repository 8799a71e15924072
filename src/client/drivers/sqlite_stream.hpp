// The rows of a statement as they are made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/connection.hpp>

#include "client/drivers/sqlite_execution.hpp"

namespace lockkeeper::client::sqlite {

class SqliteConnection;

/// Parameters with texts and bytes of their own, for as long as the statement runs.
class OwnedParameters {
 public:
  explicit OwnedParameters(std::span<const Parameter> parameters);
  OwnedParameters(const OwnedParameters&) = delete;
  OwnedParameters& operator=(const OwnedParameters&) = delete;

  [[nodiscard]] std::span<const Parameter> all() const noexcept { return parameters_; }

 private:
  std::vector<std::string> texts_;  // Never grows, so that the views stay.
  std::vector<Parameter> parameters_;
};

class SqliteStream : public RowStream {
 public:
  SqliteStream(SqliteConnection& owner, std::span<const Parameter> parameters, std::size_t chunk_rows);
  ~SqliteStream() override { end(nullptr); }

  /// Takes the first step. Throws where it fails at once.
  void start(std::string_view sql, Deadline deadline);

  bool next(Rows& chunk, Deadline deadline) override;

  /// The connection goes first.
  void forget() noexcept;

 private:
  void read(Rows& chunk, Deadline deadline);
  void end(const Error* failed) noexcept;

  SqliteConnection* owner_;  // Null once it was closed under us.
  OwnedParameters parameters_;
  std::size_t chunk_rows_;
  std::optional<Running> running_;
  std::optional<Execution> execution_;  // Nothing once it has ended.
  std::vector<std::string> columns_;
  bool has_ended_ = false;
  bool has_row_ = false;  // It stands on a row that was not handed out.
  std::uint64_t read_ = 0;
  std::uint64_t affected_ = 0;
};

}  // namespace lockkeeper::client::sqlite
