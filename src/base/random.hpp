// Randomness for pauses: that many who wait for one thing do not all come back at once, or in step for ever. Not for
// secrets.
#pragma once

#include <cstdint>
#include <random>

namespace lockkeeper::base {

/// Any of 2^32, each as likely; seeded by the system once for each thread.
[[nodiscard]] inline std::uint32_t random_number() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_int_distribution<std::uint32_t>{}(generator);
}

}  // namespace lockkeeper::base
