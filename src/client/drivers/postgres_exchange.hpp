// One round trip on a session: statements out, their results in, everything read to the end.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/connection.hpp>

#include "client/drivers/postgres_handles.hpp"
#include "client/drivers/postgres_parameters.hpp"
#include "client/drivers/postgres_patience.hpp"

namespace lockkeeper::client {

/// One thing that the server is asked. Its texts live elsewhere.
struct Step {
  enum class Kind {
    statement,  ///< Runs `sql`, unprepared.
    begin,      ///< Runs `sql`, which begins a transaction.
    kept,       ///< Runs the statement that the server keeps as `name`.
    prepare,    ///< Has it keep `sql` as `name`.
    release,    ///< Has it forget `name`.
    simple,     ///< Runs `sql` by the simple protocol, which takes no parameters: for words of our own.
  };

  Kind kind = Kind::statement;
  std::string_view sql = {};
  std::string_view name = {};
  std::span<const Parameter> parameters = {};

  [[nodiscard]] bool has_rows() const noexcept {
    return kind != Kind::begin && kind != Kind::prepare && kind != Kind::release;
  }
};

/// How an exchange ended.
struct Ending {
  std::optional<Error> error = {};  ///< The first. Its blast is for the connection to say.
  bool usable = true;               ///< False: the session ended or is in an unknown state, and must be closed.
  bool is_stale = false;            ///< The error may come from the kept statement's age: prepared anew it may work.
  bool has_discarded = false;       ///< The server has forgotten all its prepared statements.
};

struct Outcome : Ending {
  std::vector<Rows> rows = {};  ///< Without an error one for each step that has rows.
  std::size_t done = 0;         ///< Steps answered without an error.
};

/// Sends all steps and collects all results; used once. Several steps are libpq's pipeline with one Sync: one
/// implicit transaction.
class Exchange {
 public:
  /// `bound` is memory for the parameters on their way.
  Exchange(PGconn* connection, std::span<const Step> steps, bool is_batch, BoundParameters& bound, Deadline deadline)
      : connection_(connection),
        steps_(steps),
        is_pipeline_(is_batch || steps.size() > 1),
        bound_(bound),
        deadline_(deadline),
        patience_(connection, deadline) {}

  /// Returns by the deadline plus a grace for the cancelled statement: about a second, three while rows are on their
  /// way.
  [[nodiscard]] Outcome run();

 private:
  [[nodiscard]] bool send();
  [[nodiscard]] bool is_complete() const { return synced_ && answered_ >= steps_.size(); }
  void take(const PgResult& result);
  void take_success(PGresult* result);
  void take_error(const PGresult* result);
  void refuse_copy(ExecStatusType direction);
  [[nodiscard]] Outcome finish();
  [[nodiscard]] Outcome give_up(Error error);

  PGconn* connection_;
  std::span<const Step> steps_;
  bool is_pipeline_;
  BoundParameters& bound_;
  Deadline deadline_;
  Patience patience_;
  bool synced_ = false;  // A pipeline's Sync is answered.
  bool stuck_ = false;   // In a COPY that cannot be ended politely.
  std::size_t answered_ = 0;
  Outcome outcome_;
};

}  // namespace lockkeeper::client
