#include <lockkeeper/database.hpp>

struct Money {
  long cents;
};

template <>
struct lockkeeper::Codec<Money> {
  static constexpr std::string_view sql_type = "bigint";
  static long write(const Money& money) { return money.cents; }
  static Money read(std::string_view cell) { return {Codec<long>::read(cell)}; }
};

Money pay(lockkeeper::TransactionRef tx, const Money& money) {
  return tx.value<Money>("INSERT INTO payment VALUES ($1) RETURNING cents", money);
}
