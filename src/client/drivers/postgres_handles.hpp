// libpq's objects as owners, and the result of the parts that can fail.
#pragma once

#include <libpq-fe.h>

#include <expected>
#include <memory>

#include <lockkeeper/error.hpp>

namespace lockkeeper::client {

template <auto release>
struct Releaser {
  template <class Object>
  void operator()(Object* object) const noexcept {
    release(object);
  }
};

using PgConnection = std::unique_ptr<PGconn, Releaser<PQfinish>>;
using PgResult = std::unique_ptr<PGresult, Releaser<PQclear>>;
using PgOptions = std::unique_ptr<PQconninfoOption, Releaser<PQconninfoFree>>;
using PgCancel = std::unique_ptr<PGcancel, Releaser<PQfreeCancel>>;
using PgText = std::unique_ptr<char, Releaser<PQfreemem>>;

template <class Value>
using Result = std::expected<Value, Error>;

/// Calls `visit(const PQconninfoOption&)` for every option that has a value.
template <class Visit>
void for_each_set_option(const PgOptions& options, Visit&& visit) {
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') visit(*option);
  }
}

}  // namespace lockkeeper::client
