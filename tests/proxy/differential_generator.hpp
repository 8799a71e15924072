// Sequences of client behaviour, made from a seed: what applications and drivers do, and what none should.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/support/script.hpp"

namespace lockkeeper::testing {

/// Three clients' steps, interleaved. They never wait for each other's locks. `plain`: they come in without
/// protocol 3.2 and without parameters of their own.
[[nodiscard]] Script generate(std::uint64_t seed, bool plain);

/// What the scripts find on a server: SQL that makes it once, and SQL that makes it as new.
[[nodiscard]] std::string stage_sql();
[[nodiscard]] std::string clean_sql();

}  // namespace lockkeeper::testing
