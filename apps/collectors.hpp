// Which collector looks at the server of a URL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <lockkeeper/driver.hpp>

#include "collect/collector.hpp"

namespace lockkeeper {

/// Whether the URL is one of MySQL's or MariaDB's: mysql:// or mariadb://. All else is PostgreSQL's, as it was before.
[[nodiscard]] bool is_mysql_url(std::string_view url);

/// Makes collectors, and owns the drivers that they use: it must outlive them. Thread-safe.
class Collectors {
 public:
  Collectors();

  [[nodiscard]] std::unique_ptr<collect::Collector> open(std::string url) const;

  [[nodiscard]] Driver& postgres() const noexcept { return *postgres_; }

 private:
  std::unique_ptr<Driver> postgres_;
  std::unique_ptr<Driver> mysql_;
};

}  // namespace lockkeeper
