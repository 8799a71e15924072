// SQL texts to what they say, of the dialect of MySQL and MariaDB.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "model/transaction_record.hpp"
#include "track/shape_cache.hpp"

namespace lockkeeper::track::mysql {

/// One of several statements in a text.
struct Part {
  model::StatementPtr statement;
  bool call = false;  ///< It has as many results as the procedure gives, and an OK behind them.
};
using Parts = std::vector<Part>;

struct Seen {
  model::StatementPtr statement;            ///< Of the whole text. Never empty.
  std::shared_ptr<const Parts> parts = {};  ///< nullptr: it is one statement, or cannot be told apart.
  bool uses = false;                        ///< A USE is in it.
};

/// The statements in a text, as the server separates them: without empty ones. One alone if the text is one, or if what
/// ends with END may be the body of a routine.
[[nodiscard]] std::vector<std::string_view> statements_in(std::string_view sql, const sql::Options& options);

/// One a worker thread; not thread-safe.
class StatementCache : public ShapeLimits {
 public:
  /// A text of more statements is one run.
  static constexpr std::size_t most_parts = 64;

  StatementCache();

  /// `options.truncated`: the text goes on. The reference is valid until the next call; what it holds lives on by
  /// itself.
  [[nodiscard]] const Seen& seen(std::string_view sql, const sql::Options& options) {
    return shapes_.seen(sql, options);
  }

  [[nodiscard]] std::size_t size() const noexcept { return shapes_.size(); }

 private:
  ShapeCache<Seen> shapes_;
};

}  // namespace lockkeeper::track::mysql
