// Waits in 32 buckets for each power of two: quantiles at most 3.2 % too large, nothing allocated while measuring.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace lockkeeper::bench {

class WaitHistogram {
 public:
  void add(std::uint64_t nanoseconds) noexcept {
    ++buckets_[bucket(nanoseconds)];
    ++count_;
    sum_ += nanoseconds;
    largest_ = std::max(largest_, nanoseconds);
  }

  void merge(const WaitHistogram& other) noexcept {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    largest_ = std::max(largest_, other.largest_);
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t largest() const noexcept { return largest_; }
  [[nodiscard]] double mean() const noexcept {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }

  /// The upper end of the bucket that holds the quantile.
  [[nodiscard]] std::uint64_t quantile(double part) const noexcept {
    const auto rank = static_cast<std::uint64_t>(part * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > rank) return std::min(upper_end(i), largest_);
    }
    return largest_;
  }

 private:
  static constexpr unsigned fine_bits = 5;
  static constexpr std::uint64_t fine = 1U << fine_bits;

  static std::size_t bucket(std::uint64_t value) noexcept {
    if (value < fine) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - fine_bits;
    return (shift + 1) * fine + (value >> shift) - fine;
  }
  static std::uint64_t upper_end(std::size_t index) noexcept {
    if (index < fine) return index;
    const std::size_t shift = index / fine - 1;
    return ((index % fine + fine + 1) << shift) - 1;
  }

  std::array<std::uint64_t, 60 * fine> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t largest_ = 0;
};

}  // namespace lockkeeper::bench
