// SQL texts to what they say: each shape is analyzed once.
//
// The hot path of the simple protocol, where every text differs in its literals: one pass for the fingerprint, one
// lookup. Nothing literal is ever kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/transaction_record.hpp"
#include "sql/fingerprint.hpp"
#include "track/postgres/traits.hpp"
#include "track/postgres/unit.hpp"

namespace lockkeeper::track::postgres {

struct Seen {
  model::StatementPtr statement;  ///< Never empty.
  Traits traits;
};

/// One a worker thread; not thread-safe.
class StatementCache {
 public:
  /// Of a longer text, only so much is read, as one that was cut off: its traits include `unknown_effects`.
  static constexpr std::size_t most_text = 64U << 10U;
  /// Shapes in each of two generations. An application has hundreds, one with generated SQL thousands; a shape takes
  /// 0.5 KiB or so and at most a few times most_text. Whoever has more pays for analyzing again, not with memory.
  static constexpr std::size_t generation = 4'096;
  /// Bytes of normalized text in each generation: a generation of the longest shapes would take half a gigabyte.
  static constexpr std::size_t generation_bytes = 8U << 20U;

  /// The reference is valid until the next call; the statement lives on by itself.
  [[nodiscard]] const Seen& seen(std::string_view sql);

  [[nodiscard]] std::size_t size() const noexcept { return young_.size() + old_.size(); }

 private:
  using Shapes = std::unordered_map<sql::Fingerprint, Seen>;

  // Longer texts hardly repeat to the letter.
  static constexpr std::size_t most_repeated = 1'024;

  // A text seen before to the letter: BEGIN, COMMIT, SELECT 1. Direct-mapped; only a hash of the text is kept.
  struct Repeated {
    std::uint64_t hash = 0;
    const Seen* seen = nullptr;
  };

  const Seen& look_up(std::string_view sql);
  const Seen& learn(std::string_view sql, bool truncated);
  const Seen& keep(Shapes::node_type node);
  void make_room();

  Shapes young_;
  Shapes old_;  // What was not asked for since it got here goes when the young ones take its place.
  std::size_t young_bytes_ = 0;
  std::array<Repeated, 256> repeated_{};
  std::string scratch_;
};

}  // namespace lockkeeper::track::postgres
