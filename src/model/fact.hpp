// Something that happened, as a recorder or the library saw it. Facts are the input of histories and of what is learnt.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "model/lease.hpp"
#include "model/pool.hpp"
#include "model/time.hpp"
#include "model/transaction_record.hpp"

namespace lockkeeper::model {

/// How a transaction ended. Unknown is an outcome of its own: the connection died between COMMIT and its reply.
enum class TransactionEnd { committed, rolled_back, abandoned, terminated, unknown };

struct TransactionBegan {
  TransactionId transaction;
  UnitId unit;
};
struct StatementEnded {
  TransactionId transaction;
  StatementRun run;
};
struct TransactionEnded {
  TransactionId transaction;
  TransactionEnd end = TransactionEnd::unknown;
};
struct LeaseTaken {
  Lease lease;
};
struct LeaseEnded {
  LeaseId lease;
  LeaseEnd end = LeaseEnd::returned;
};
/// So many facts before this one were thrown away, because nobody took them in time. What they were cannot be claimed
/// absent.
struct FactsLost {
  std::uint64_t count = 0;
};

struct Fact {
  WallTime at;  ///< Of what a library tells, the application's clock.
  std::variant<TransactionBegan, StatementEnded, TransactionEnded, LeaseTaken, LeaseEnded, PoolTrouble, FactsLost> what;
};

}  // namespace lockkeeper::model
