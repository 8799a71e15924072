// What one client's transactions did, statement by statement: from the messages it sent and the server's own status.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "track/postgres/exchange.hpp"
#include "track/recorder.hpp"
#include "wire/postgres/backend.hpp"

namespace lockkeeper::track::postgres {

using track::Facts;

/// Pure: `now` is given.
class Recorder {
 public:
  using Status = wire::postgres::TransactionStatus;

  /// `on`: see track::Recorder.
  Recorder(std::shared_ptr<const model::ClientIdentity> client, Facts& facts, bool on)
      : record_(std::move(client), facts, on) {}

  /// The server session that the following belongs to.
  void use(const model::SessionId& session) noexcept { record_.use(session); }
  void unit(const model::UnitId& unit) { record_.unit(unit); }
  /// Its application has another name.
  void client(std::shared_ptr<const model::ClientIdentity> client) noexcept { record_.client(std::move(client)); }

  /// Of the statement that is being answered.
  void row(std::int64_t bytes) noexcept {
    ++rows_;
    bytes_ += bytes;
  }
  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  /// A command was done: its tag as the server wrote it. One simple query may have several.
  void command(const Expected& expected, const wire::postgres::CommandTag& tag, model::WallTime now);
  /// It gave no tag: empty, or suspended with rows left.
  void ended(const Expected& expected, model::WallTime now);
  void failed(const Expected* expected, std::string_view sqlstate, model::WallTime now);
  void notice(std::string_view sqlstate, const Expected* expected, model::WallTime now);

  /// ReadyForQuery: the only thing that opens or ends a transaction.
  void ready(Status status, const Expected& expected, model::WallTime now);

  /// The server connection or the client is gone, whatever was open.
  void gone(model::TransactionEnd end, model::WallTime now);

  /// nullptr: none is.
  [[nodiscard]] const model::TransactionRecord* open() const noexcept { return record_.open(); }
  [[nodiscard]] const model::StatementPtr& last() const noexcept { return record_.last(); }
  [[nodiscard]] const model::UnitId& unit() const noexcept { return record_.unit(); }

 private:
  void add(const Expected& expected, std::string_view sqlstate, model::WallTime now);

  track::Recorder record_;
  std::int64_t rows_ = 0;
  std::int64_t bytes_ = 0;
  std::int64_t tagged_rows_ = 0;  // Of the commands of one simple query, as their tags say.
  bool added_ = false;            // The simple query being answered has failed, and was added then.
  enum class Said : std::uint8_t { nothing, commit, rollback };
  Said said_ = Said::nothing;  // The last tag that ends transactions, since the last ReadyForQuery.
};

}  // namespace lockkeeper::track::postgres
