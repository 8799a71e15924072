// Something that happened, as a recorder or the library saw it. Facts are the input of histories and of what is learnt.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "model/engine.hpp"
#include "model/lease.hpp"
#include "model/pool.hpp"
#include "model/time.hpp"
#include "model/transaction_record.hpp"

namespace lockkeeper::model {

/// How a transaction ended. Unknown is an outcome of its own: the connection died between COMMIT and its reply.
enum class TransactionEnd {
  committed,
  rolled_back,
  abandoned,   ///< Its client left it open.
  terminated,  ///< The server, a timeout or an administrator ended it.
  unknown,
};
[[nodiscard]] std::string_view to_string(TransactionEnd end) noexcept;

/// Who a client of a recorder is.
struct ClientIdentity {
  std::uint64_t id = 0;  ///< Within this recorder's life; never used twice.
  std::string application;
  std::string user;
  std::string database;
  std::string address;  ///< "10.0.0.7:51234", or "local socket".
  bool tls = false;
  WallTime connected_at;
  Engine engine = Engine::postgres;  ///< Of the server it talks to.
  std::string server = {};           ///< Where that is, as in Server::name; empty: not known.
};

/// An explicit transaction that a recorder saw from its beginning to its end.
struct TransactionOver {
  std::shared_ptr<const ClientIdentity> client;
  std::shared_ptr<const TransactionRecord> record;
  UnitId unit;  ///< From its statements' tags; empty: none.
  TransactionEnd end = TransactionEnd::unknown;
  WallTime ended_at;
};

/// Something that a client did and that a healthy one does not; or that befell it.
enum class OddityKind {
  foreign_commit,            ///< COMMIT with no transaction open.
  foreign_rollback,          ///< ROLLBACK with no transaction open.
  begin_inside_transaction,  ///< BEGIN while one was open.
  queue_timeout,             ///< No server connection came free in time.
};
[[nodiscard]] std::string_view to_string(OddityKind kind) noexcept;

struct ClientOddity {
  std::shared_ptr<const ClientIdentity> client;
  OddityKind kind = OddityKind::foreign_commit;
  StatementPtr statement;  ///< May be empty.
  UnitId unit;
  /// begin_inside_transaction: what the transaction had run until then.
  std::shared_ptr<const TransactionRecord> record;
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
  std::variant<TransactionOver, ClientOddity, LeaseTaken, LeaseEnded, PoolTrouble, FactsLost> what;
  /// A recorder counts its facts, from 1: it tells each again and again, for a while. 0: not counted.
  std::uint64_t number = 0;
};

/// Which of a recorder's facts have been taken already. A value for whoever counts them or learns from them. Another
/// recorder, or the same one started anew, numbers anew: that takes another cursor.
class FactCursor {
 public:
  /// Whether the fact is new, which it is once. Facts come in the order of their numbers; those without are all new.
  [[nodiscard]] bool take(const Fact& fact) noexcept {
    if (fact.number == 0) return true;
    if (fact.number <= taken_) return false;
    taken_ = fact.number;
    return true;
  }

 private:
  std::uint64_t taken_ = 0;
};

}  // namespace lockkeeper::model
