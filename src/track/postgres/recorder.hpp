// What one client's transactions did, statement by statement: from the messages it sent and the server's own status.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "model/fact.hpp"
#include "model/transaction_record.hpp"
#include "track/postgres/exchange.hpp"
#include "wire/postgres/backend.hpp"

namespace lockkeeper::track::postgres {

/// Where facts go: taken by the worker once a turn.
using Facts = std::vector<model::Fact>;

/// Pure: `now` is given. A statement outside a transaction is counted and forgotten.
class Recorder {
 public:
  using Status = wire::postgres::TransactionStatus;

  /// `on`: whether the statements are kept; without, transactions are told with an empty record.
  Recorder(std::shared_ptr<const model::ClientIdentity> client, Facts& facts, bool on)
      : client_(std::move(client)), facts_(facts), on_(on) {}

  /// The server session that the following belongs to.
  void use(const model::SessionId& session) noexcept { session_ = session; }
  void unit(const model::UnitId& unit) { unit_ = unit; }

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

  /// The server connection or the client is gone, whatever was open. `commit_sent`: a COMMIT was under way.
  void gone(model::TransactionEnd end, model::WallTime now);

  /// nullptr: none is.
  [[nodiscard]] const model::TransactionRecord* open() const noexcept { return open_.get(); }
  [[nodiscard]] const model::StatementPtr& last() const noexcept { return last_; }
  [[nodiscard]] const model::UnitId& unit() const noexcept { return unit_; }

 private:
  void add(const Expected& expected, std::string_view sqlstate, model::WallTime now);
  void begin(model::WallTime at);
  void end(model::TransactionEnd end, model::WallTime now);
  void oddity(model::OddityKind kind, const Expected* expected, model::WallTime now);

  std::shared_ptr<const model::ClientIdentity> client_;
  Facts& facts_;
  bool on_;
  model::SessionId session_;
  model::UnitId unit_;
  std::shared_ptr<model::TransactionRecord> open_;  // Until it is over; then it is everybody's.
  std::vector<model::StatementRun> unopened_;       // Ended since the last ReadyForQuery outside a transaction.
  model::StatementPtr last_;
  model::WallTime last_end_;
  std::int64_t rows_ = 0;
  std::int64_t bytes_ = 0;
  std::int64_t tagged_rows_ = 0;  // Of the commands of one simple query, as their tags say.
  bool added_ = false;            // The simple query being answered has failed, and was added then.
  enum class Said : std::uint8_t { nothing, commit, rollback };
  Said said_ = Said::nothing;  // The last tag that ends transactions, since the last ReadyForQuery.
};

}  // namespace lockkeeper::track::postgres
