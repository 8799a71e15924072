// Row structs to the model: pure, so that every odd case is tested without a server.
#pragma once

#include <string>

#include "collect/postgres/rows.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::collect::postgres {

/// Where the rows come from, as far as the rows themselves do not say.
struct Origin {
  std::string version;  ///< "15.20"
  std::string name;     ///< host:port
  std::string database;
};

/// The snapshot of one look. Parallel workers are folded into their leaders, literals removed from statements,
/// queues reduced to one wait per waiter (waits.hpp), and what the role could not see is named in `missing`.
[[nodiscard]] model::Snapshot to_model(const LookRows& rows, const Origin& origin);

}  // namespace lockkeeper::collect::postgres
