#include <lockkeeper/database.hpp>

std::size_t longest(lockkeeper::TransactionRef tx, std::string_view author) {
  return tx.value<std::string>("SELECT title FROM post WHERE author = $1 ORDER BY length(title) DESC LIMIT 1", author)
      .size();
}
