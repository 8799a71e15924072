// gcc /this type cannot be bound: specialise lockkeeper::Codec/
// clang /this type cannot be bound: specialise lockkeeper::Codec/
#include <lockkeeper/database.hpp>

// Text or number? It would be 120.
void mark(lockkeeper::TransactionRef tx) { tx.execute("UPDATE post SET mark = $1", 'x'); }
