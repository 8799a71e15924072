// An application's hold on a pooled connection, from being taken to why it ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/strong_id.hpp"
#include "model/session.hpp"
#include "model/time.hpp"

namespace lockkeeper::model {

using LeaseId = base::StrongId<struct LeaseIdTag, std::uint64_t>;

/// Whatever holds leases together: a thread, a task, a request, a trace id.
using UnitId = base::StrongId<struct UnitIdTag, std::string>;

/// Why a lease ended. "How did that connection ever come back?" has its answer here.
enum class LeaseEnd {
  returned,   ///< By its holder.
  reclaimed,  ///< Taken back by policy while it was held.
  evicted,    ///< Returned, and its connection retired at once.
  connection_lost,
  discarded,    ///< Returned in a state that could not be cleaned: its connection was closed.
  pool_closed,  ///< Returned to a pool that was closed meanwhile.
  owner_gone,   ///< Its holder's process, thread or socket ended first.
};

struct Lease {
  LeaseId id;
  std::string pool;
  UnitId unit;
  std::string taken_by;  ///< The place in the program, or the client.
  std::string stack;     ///< One frame a line; empty where it was not recorded.
  WallTime taken_at;
  std::optional<SessionId> session;
  /// The server's number of the session where its start is not known, so that it is no SessionId. 0: not known either.
  std::int64_t backend = 0;
  std::string last_statement;  ///< Normalized: literals are never kept. Empty where nothing was run.

  // What its holder did with it when it was told of. Nothing of it: held, and of use to nobody.
  bool running = false;         ///< A statement ran.
  bool in_transaction = false;  ///< A transaction was open.
  bool cursor_open = false;     ///< Rows were still to be read.

  std::optional<LeaseEnd> end;  ///< Empty while it is held.
  std::optional<WallTime> ended_at;
};

}  // namespace lockkeeper::model
