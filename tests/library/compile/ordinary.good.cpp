// What must not be warned of: ordinary code that ends its transactions.
#include <exception>
#include <lockkeeper/database.hpp>

using lockkeeper::CommitOutcome;
using lockkeeper::Database;
using lockkeeper::Transaction;
using lockkeeper::TransactionRef;

bool commit_in_one_branch(Database& db, bool wanted) {
  Transaction tx = db.begin();
  tx.ref().execute("DELETE FROM todo");
  if (wanted) return std::move(tx).commit() == CommitOutcome::committed;
  std::move(tx).rollback();
  return false;
}

bool both_branches_join(Database& db, bool wanted) {
  Transaction tx = db.begin();
  bool done = false;
  if (wanted) {
    done = std::move(tx).commit() == CommitOutcome::committed;
  } else {
    std::move(tx).rollback();
  }
  return done;
}

bool with_switch(Database& db, int what) {
  Transaction tx = db.begin();
  switch (what) {
    case 0: return std::move(tx).commit() == CommitOutcome::committed;
    case 1: std::move(tx).rollback(); return true;
    default: break;
  }
  std::move(tx).rollback();
  return false;
}

bool catches_inside(Database& db) {
  Transaction tx = db.begin();
  try {
    tx.ref().execute("DELETE FROM todo");
  } catch (const lockkeeper::Failure&) {
    std::move(tx).rollback();
    throw;
  }
  return std::move(tx).commit() == CommitOutcome::committed;
}

bool catches_outside(Database& db) {
  try {
    Transaction tx = db.begin();
    tx.ref().execute("DELETE FROM todo");
    return std::move(tx).commit() == CommitOutcome::committed;
  } catch (const std::exception&) {
    return false;
  }
}

bool throws_out(Database& db, bool broken) {
  Transaction tx = db.begin();
  if (broken) throw lockkeeper::Failure({});
  return std::move(tx).commit() == CommitOutcome::committed;
}

int one_in_each_round(Database& db, int rounds) {
  int committed = 0;
  for (int round = 0; round < rounds; ++round) {
    Transaction tx = db.begin();
    tx.ref().execute("DELETE FROM todo WHERE id = $1", round);
    if (std::move(tx).commit() == CommitOutcome::committed) ++committed;
  }
  return committed;
}

bool uses_it_in_a_loop(Database& db, int rounds) {
  Transaction tx = db.begin();
  for (int round = 0; round < rounds; ++round) tx.ref().execute("DELETE FROM todo WHERE id = $1", round);
  TransactionRef borrowed = tx.ref();
  while (rounds-- > 0) {
    if (rounds % 2 == 0) continue;
    borrowed.execute("DELETE FROM todo WHERE id = $1", rounds);
  }
  return std::move(tx).commit() == CommitOutcome::committed;
}

bool goes_on_after_a_bad_round(Database& db, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    Transaction tx = db.begin();
    if (tx.ref().value<int>("SELECT count(*) FROM todo") == 0) {
      std::move(tx).rollback();
      continue;
    }
    if (std::move(tx).commit() != CommitOutcome::committed) return false;
  }
  return true;
}

bool short_circuit(Database& db, bool wanted) {
  Transaction tx = db.begin();
  if (wanted && tx.ref().value<int>("SELECT 1") == 1) return std::move(tx).commit() == CommitOutcome::committed;
  std::move(tx).rollback();
  return false;
}

bool finish(Transaction tx) { return std::move(tx).commit() == CommitOutcome::committed; }

bool moves_into_a_sink(Database& db) {
  Transaction tx = db.begin();
  tx.ref().execute("DELETE FROM todo");
  return finish(std::move(tx));
}

// A local that is returned is moved by hand: the analysis does not know that it is not destroyed.
Transaction begin_audited(Database& db) {
  Transaction tx = db.begin({.isolation = lockkeeper::Isolation::serializable});
  tx.ref().execute("INSERT INTO audit VALUES (1)");
  return Transaction(std::move(tx));
}

Transaction begin_as_usual(Database& db) { return db.begin({.read_only = true}); }

bool takes_from_a_factory(Database& db) {
  Transaction tx = begin_audited(db);
  return std::move(tx).commit() == CommitOutcome::committed;
}

bool two_at_once(Database& db) {
  Transaction first = db.begin();
  Transaction second = db.begin({.propagation = lockkeeper::Propagation::requires_new});
  if (std::move(second).commit() != CommitOutcome::committed) {
    std::move(first).rollback();
    return false;
  }
  return std::move(first).commit() == CommitOutcome::committed;
}

bool asks_for_the_outcome(Database& db) {
  Transaction tx = db.begin();
  switch (std::move(tx).commit()) {
    case CommitOutcome::committed: return true;
    case CommitOutcome::rolled_back: return false;
    case CommitOutcome::unknown: break;
  }
  return false;
}
