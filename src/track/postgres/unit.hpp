// What a message says about the unit of work it belongs to, and about its parameters.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/lease.hpp"
#include "wire/postgres/frame.hpp"

namespace lockkeeper::track::postgres {

/// From sqlcommenter's tags, in comments at the text's beginning or end: traceparent's trace id, else trace_id, else
/// request_id. Empty: none. Without a comment it costs one search.
[[nodiscard]] model::UnitId unit_of(std::string_view sql);

/// Tells same from different parameter values; the values themselves are not kept. `bind_parameters`:
/// wire::postgres::Bind::parameters. 0: there are none, or not all of their bytes are here.
[[nodiscard]] std::uint64_t parameters_hash(wire::postgres::Bytes bind_parameters) noexcept;

}  // namespace lockkeeper::track::postgres
