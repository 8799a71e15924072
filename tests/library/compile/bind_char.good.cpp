#include <cstdint>
#include <lockkeeper/database.hpp>

void mark(lockkeeper::TransactionRef tx) {
  tx.execute("UPDATE post SET mark = $1, weight = $2", "x", std::int8_t{120});
}
