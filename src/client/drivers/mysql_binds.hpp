// Parameters in the binary protocol's own types.
#pragma once

#include <mysql.h>

#include <cstdint>
#include <span>
#include <vector>

#include <lockkeeper/parameter.hpp>

namespace lockkeeper::client::mysql {

/// One statement's parameters as libmariadb takes them. Text and bytes are not copied: they must live until the
/// statement has been sent, and so must this.
class Binds {
 public:
  /// Throws Failure (`conversion`) for what these databases cannot hold: a double that is not finite, a year outside
  /// 0 to 9999.
  explicit Binds(std::span<const Parameter> parameters);
  Binds(const Binds&) = delete;
  Binds& operator=(const Binds&) = delete;

  [[nodiscard]] MYSQL_BIND* data() noexcept { return binds_.data(); }

 private:
  // Where the number or time of one bind lies.
  union Value {
    signed char flag;
    std::int64_t number;
    double real;
    MYSQL_TIME time;
  };

  static void bind(MYSQL_BIND& bind, Value& value, const Parameter& parameter);

  std::vector<Value> values_;
  std::vector<MYSQL_BIND> binds_;
};

/// The largest packet that sending these takes, a little generously.
[[nodiscard]] std::size_t packet_bytes(std::span<const Parameter> parameters) noexcept;

}  // namespace lockkeeper::client::mysql
