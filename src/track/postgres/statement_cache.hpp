// SQL texts to what they say, of PostgreSQL's dialect.
#pragma once

#include <cstddef>
#include <string_view>

#include "model/transaction_record.hpp"
#include "track/postgres/traits.hpp"
#include "track/shape_cache.hpp"
#include "track/unit.hpp"

namespace lockkeeper::track::postgres {

struct Seen {
  model::StatementPtr statement;  ///< Never empty.
  Traits traits;                  ///< Of a text that was cut off they include `unknown_effects`.
};

/// One a worker thread; not thread-safe.
class StatementCache : public ShapeLimits {
 public:
  StatementCache();

  /// `backslashes`: as the session has them, never unknown: a shape is what it is for every session. `cut`: the text
  /// goes on. The reference is valid until the next call; the statement lives on by itself.
  [[nodiscard]] const Seen& seen(std::string_view sql, sql::Backslashes backslashes, bool cut = false) {
    return shapes_.seen(sql, {.backslashes = backslashes, .truncated = cut});
  }

  [[nodiscard]] std::size_t size() const noexcept { return shapes_.size(); }

 private:
  ShapeCache<Seen> shapes_;
};

/// What texts say, as a client has them read.
struct Seeing {
  StatementCache& cache;
  sql::Backslashes backslashes;
  [[nodiscard]] const Seen& operator()(std::string_view sql, bool cut = false) const {
    return cache.seen(sql, backslashes, cut);
  }
  [[nodiscard]] sql::Options options() const noexcept { return {.backslashes = backslashes}; }
};

}  // namespace lockkeeper::track::postgres
