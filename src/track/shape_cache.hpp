// SQL texts to what they say: each shape is analyzed once.
//
// The hot path of texts that differ in their literals: one pass for the fingerprint, one lookup. Nothing literal is
// ever kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <xxhash.h>

#include "sql/fingerprint.hpp"
#include "sql/options.hpp"

namespace lockkeeper::track {

struct ShapeLimits {
  /// Of a longer text, only so much is read, as one that was cut off.
  static constexpr std::size_t most_text = 64U << 10U;
  /// Shapes in each of two generations. An application has hundreds, one with generated SQL thousands; a shape takes
  /// 0.5 KiB or so and at most a few times most_text. Whoever has more pays for analyzing again, not with memory.
  static constexpr std::size_t generation = 4'096;
  /// Bytes of normalized text in each generation: a generation of the longest shapes would take half a gigabyte.
  static constexpr std::size_t generation_bytes = 8U << 20U;
};

/// `Seen` has `statement` (model::StatementPtr, never empty) and whatever else follows from a text's shape.
/// One a worker thread; not thread-safe.
template <class Seen>
class ShapeCache : public ShapeLimits {
 public:
  using Learn = Seen (*)(std::string_view sql, const sql::Options& options);

  explicit ShapeCache(Learn learn) noexcept : learn_(learn) {}

  /// `options.truncated`: what is here is the beginning of a longer text. The reference is valid until the next call;
  /// the statement lives on by itself.
  [[nodiscard]] const Seen& seen(std::string_view sql, const sql::Options& options) {
    if (sql.size() > most_repeated) return look_up(sql, options);
    const unsigned how = (options.ansi_quotes ? 1U : 0U) | (options.truncated ? 2U : 0U) |
                         static_cast<unsigned>(options.backslashes) << 2U;
    const std::uint64_t hash = XXH3_64bits_withSeed(sql.data(), sql.size(), how);
    Repeated& repeated = repeated_[hash % repeated_.size()];
    if (repeated.seen != nullptr && repeated.hash == hash) return *repeated.seen;
    const Seen& found = look_up(sql, options);
    repeated = {hash, &found};
    return found;
  }

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

  const Seen& look_up(std::string_view sql, sql::Options options) {
    if (sql.size() > most_text) options.truncated = true;
    sql = sql.substr(0, most_text);
    const sql::Fingerprint fingerprint = sql::fingerprint(sql, options, scratch_);
    if (const auto found = young_.find(fingerprint); found != young_.end()) return found->second;
    if (const auto found = old_.find(fingerprint); found != old_.end()) return keep(old_.extract(found));
    Shapes one;
    one.emplace(fingerprint, learn_(sql, options));
    return keep(one.extract(one.begin()));
  }

  const Seen& keep(typename Shapes::node_type node) {
    const std::size_t bytes = node.mapped().statement->text.size();
    if (young_.size() >= generation || young_bytes_ + bytes > generation_bytes) make_room();
    young_bytes_ += bytes;
    return young_.insert(std::move(node)).position->second;
  }

  void make_room() {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
    repeated_.fill({});
  }

  Learn learn_;
  Shapes young_;
  Shapes old_;  // What was not asked for since it got here goes when the young ones take its place.
  std::size_t young_bytes_ = 0;
  std::array<Repeated, 256> repeated_{};
  std::string scratch_;
};

}  // namespace lockkeeper::track
