// gcc /a view into the row would dangle/
// clang /a view into the row would dangle/
#include <lockkeeper/database.hpp>

std::size_t longest(lockkeeper::TransactionRef tx) {
  return tx.value<std::string_view>("SELECT title FROM post ORDER BY length(title) DESC LIMIT 1").size();
}
