#include "model/engine.hpp"

namespace lockkeeper::model {

std::string_view to_string(Engine engine) noexcept {
  switch (engine) {
    case Engine::postgres: return "postgres";
    case Engine::mysql: return "mysql";
    case Engine::mariadb: return "mariadb";
  }
  return "postgres";
}

Engine engine_named(std::string_view word) noexcept {
  if (word == "mysql") return Engine::mysql;
  return word == "mariadb" ? Engine::mariadb : Engine::postgres;
}

Engine engine_of(std::string_view product) noexcept {
  if (product == "MySQL") return Engine::mysql;
  return product == "MariaDB" ? Engine::mariadb : Engine::postgres;
}

}  // namespace lockkeeper::model
