// Row structs to the model: pure, so that every odd case is tested without a server.
#pragma once

#include <string>
#include <vector>

#include "collect/mysql/rows.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::collect::mysql {

/// Where the rows come from, as far as the rows themselves do not say.
struct Origin {
  std::string version;  ///< "10.11.19"
  std::string name;     ///< host:port
  std::string database;
};

/// The snapshot of one look: literals removed from statements, queues reduced to one wait a waiter, and what our
/// account could not see, or performance_schema does not collect, named in `missing`.
[[nodiscard]] model::Snapshot to_model(const LookRows& rows, const Origin& origin);

/// Of one look without statements: the threads of those sleeping transactions whose statements are worth asking for,
/// the longest silent first; at most most_histories.
[[nodiscard]] std::vector<std::int64_t> sleeping_threads(const LookRows& rows);

/// Of one look whose lock waits are known: the ids of the locks in them, each once; at most most_locks.
[[nodiscard]] std::vector<std::string> contended_locks(const LookRows& rows);

/// Whether innodb_trx lists a transaction whose session had ended before. InnoDB renews the view at most every 0.1 s,
/// and not at all while somebody asks more often (the view is one for all).
[[nodiscard]] bool lists_the_dead(const LookRows& rows);

}  // namespace lockkeeper::collect::mysql
