// One pool of a recorder with the clients that hold its server connections and those that wait for one.
#pragma once

#include <string>
#include <vector>

#include "model/recording.hpp"

namespace lockkeeper::rules {

struct PoolSide {
  const model::RecordedPool* pool = nullptr;
  std::vector<const model::RecordedClient*> holders;  ///< Longest held first.
  std::vector<const model::RecordedClient*> waiting;  ///< First come first: the order in which they are served.

  /// No server connection is free, and none may be opened.
  [[nodiscard]] bool full() const;
};

[[nodiscard]] std::vector<PoolSide> pool_sides(const model::Recording& recording);

/// Of MySQL and MariaDB: one pool for all users and databases of a server, whose name in the configuration is
/// `database`.
[[nodiscard]] bool is_of_whole_server(const model::RecordedPool& pool);

/// Whether it is this pool that the client's server connections come from.
[[nodiscard]] bool is_of(const model::ClientIdentity& who, const model::RecordedPool& pool);

/// `pool shop/alice`, or `pool of server NAME`.
[[nodiscard]] std::string named(const model::RecordedPool& pool);

}  // namespace lockkeeper::rules
