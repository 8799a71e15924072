// What a Bind says about its values.
#pragma once

#include <cstdint>

#include "wire/postgres/frame.hpp"

namespace lockkeeper::track::postgres {

/// As track::text_hash does by literals, by the values that are bound as well. `bind_parameters`:
/// wire::postgres::Bind::parameters. 0: not all of their bytes are here.
[[nodiscard]] std::uint64_t parameters_hash(wire::postgres::Bytes bind_parameters, std::uint64_t text) noexcept;

}  // namespace lockkeeper::track::postgres
