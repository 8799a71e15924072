#include <lockkeeper/database.hpp>

void by_plain_value(lockkeeper::TransactionRef tx) { tx.execute("DELETE FROM todo"); }

struct Functor {
  template <class Brand>
  int operator()(lockkeeper::BrandedTransactionRef<Brand>& tx) {
    return tx.template value<int>("SELECT 1");
  }
};

int publish(lockkeeper::Database& db) {
  db.transact(by_plain_value);
  db.transact({.propagation = lockkeeper::Propagation::requires_new, .timeout = std::chrono::seconds(3)},
              [](auto& tx) { tx.execute("DELETE FROM todo"); });
  db.without_transaction(
      [](const lockkeeper::TransactionRef& tx) { lockkeeper::TransactionRef(tx).execute("VACUUM"); });
  Functor functor;
  return db.transact(functor);
}
