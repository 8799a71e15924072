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
  owner_gone,  ///< Its holder's process, thread or socket ended first.
};

struct Lease {
  LeaseId id;
  UnitId unit;
  std::string taken_by;  ///< The place in the program, or the client.
  WallTime taken_at;
  std::optional<SessionId> session;
  std::optional<LeaseEnd> end;  ///< Empty while it is held.
  std::optional<WallTime> ended_at;
};

}  // namespace lockkeeper::model
