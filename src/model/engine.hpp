// Whose server it is, where what a person is told or may do has to differ.
#pragma once

#include <string_view>

namespace lockkeeper::model {

enum class Engine { postgres, mysql, mariadb };

/// "postgres", "mysql", "mariadb"
[[nodiscard]] std::string_view to_string(Engine engine) noexcept;
/// Of that word; what is none counts as PostgreSQL.
[[nodiscard]] Engine engine_named(std::string_view word) noexcept;
/// Of "PostgreSQL", "MySQL" or "MariaDB"; what is none of them counts as PostgreSQL.
[[nodiscard]] Engine engine_of(std::string_view product) noexcept;

}  // namespace lockkeeper::model
