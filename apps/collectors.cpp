#include "collectors.hpp"

#include <utility>

#include <lockkeeper/mysql.hpp>
#include <lockkeeper/postgres.hpp>

#include "collect/mysql/collector.hpp"
#include "collect/postgres/collector.hpp"

namespace lockkeeper {

bool is_mysql_url(std::string_view url) { return url.starts_with("mysql://") || url.starts_with("mariadb://"); }

Collectors::Collectors() : postgres_(make_postgres_driver()), mysql_(make_mysql_driver()) {}

std::unique_ptr<collect::Collector> Collectors::open(std::string url) const {
  if (is_mysql_url(url)) return std::make_unique<collect::mysql::Collector>(*mysql_, std::move(url));
  return std::make_unique<collect::postgres::Collector>(*postgres_, std::move(url));
}

}  // namespace lockkeeper
