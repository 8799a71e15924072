// Something that happened, as a recorder or the library saw it. Facts are the input of histories and of what is learnt.
#pragma once

#include <string>
#include <variant>

#include "model/lease.hpp"
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

struct Fact {
  WallTime at;
  std::variant<TransactionBegan, StatementEnded, TransactionEnded, LeaseTaken, LeaseEnded> what;
};

}  // namespace lockkeeper::model
