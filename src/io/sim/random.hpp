// Chance by a seed: the same everywhere, which the standard library's distributions are not.
#pragma once

#include <cstdint>

namespace lockkeeper::io::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed + 0x9e3779b97f4a7c15U) {}

  std::uint64_t next() noexcept {  // splitmix64
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
  }
  /// 0 ≤ n < `end`; `end` is at least 1.
  std::uint64_t below(std::uint64_t end) noexcept { return next() % end; }
  bool chance(unsigned per_mille) noexcept { return per_mille > 0 && below(1000) < per_mille; }

 private:
  std::uint64_t state_;
};

}  // namespace lockkeeper::io::sim
