// gcc /this type cannot be bound: specialise lockkeeper::Codec/
// clang /this type cannot be bound: specialise lockkeeper::Codec/
#include <lockkeeper/database.hpp>

struct Money {
  long cents;
};

void pay(lockkeeper::TransactionRef tx, const Money& money) { tx.execute("INSERT INTO payment VALUES ($1)", money); }
