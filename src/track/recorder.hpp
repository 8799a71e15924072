// What one client's transactions did, statement by statement: where the record is kept. When one opens and ends is the
// protocol's to say.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "model/fact.hpp"
#include "model/transaction_record.hpp"

namespace lockkeeper::track {

/// Where facts go: taken by the worker once a turn.
using Facts = std::vector<model::Fact>;

/// A statement that has ended, as its answer told.
struct Ended {
  model::StatementPtr statement = nullptr;  ///< May be empty: it is not recorded then.
  model::WallTime sent_at = {};
  std::uint64_t parameters = 0;  ///< Hash of literals and bound values; 0: not known.
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::string_view error = {};  ///< SQLSTATE; empty: it succeeded.
};

/// Pure: `now` is given. A statement outside a transaction is counted and forgotten.
class Recorder {
 public:
  /// `on`: whether the statements are kept; without, transactions are told with an empty record.
  Recorder(std::shared_ptr<const model::ClientIdentity> client, Facts& facts, bool on)
      : client_(std::move(client)), facts_(facts), on_(on) {}

  /// The server session that the following belongs to.
  void use(const model::SessionId& session) noexcept { session_ = session; }
  /// It has logged in anew, or has another name or database from now on.
  void client(std::shared_ptr<const model::ClientIdentity> client) noexcept { client_ = std::move(client); }
  void unit(const model::UnitId& unit) { unit_ = unit; }

  /// Whether a run of it would be added.
  [[nodiscard]] bool keeps(const model::StatementPtr& statement) const noexcept {
    return on_ && statement && statement->kind != sql::StatementKind::empty;
  }
  /// To the open transaction; without one it waits for `begin`, or `settled`.
  void add(const Ended& ended, model::WallTime now);

  /// A transaction is open from now on, or from the first of the statements that wait: they belong to it.
  void begin(model::WallTime now);
  /// The one that is open ended `at`, as is known `now`.
  void end(model::TransactionEnd end, model::WallTime at, model::WallTime now);
  /// Everything is answered. If no transaction is open, what ran was none's.
  void settled();
  /// The server connection or the client is gone, whatever was open.
  void gone(model::TransactionEnd end, model::WallTime now);
  /// Nobody knows any more what happens: what was open is forgotten, and not told.
  void forget() noexcept;

  void oddity(model::OddityKind kind, const model::StatementPtr& statement, model::WallTime now);

  /// nullptr: none is.
  [[nodiscard]] const model::TransactionRecord* open() const noexcept { return open_.get(); }
  [[nodiscard]] const model::StatementPtr& last() const noexcept { return last_; }
  [[nodiscard]] const model::UnitId& unit() const noexcept { return unit_; }

 private:
  std::shared_ptr<const model::ClientIdentity> client_;
  Facts& facts_;
  bool on_;
  model::SessionId session_;
  model::UnitId unit_;
  std::shared_ptr<model::TransactionRecord> open_;  // Until it is over; then it is everybody's.
  std::vector<model::StatementRun> unopened_;       // Ended since all was answered, outside a transaction.
  model::StatementPtr last_;
  model::WallTime last_end_;
};

}  // namespace lockkeeper::track
