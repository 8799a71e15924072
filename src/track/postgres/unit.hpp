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

/// Tells same from different runs of one statement: by the literals in its text (to the letter, comments and all). The
/// values themselves are not kept. Never 0.
[[nodiscard]] std::uint64_t text_hash(std::string_view sql) noexcept;

/// The same with the values that are bound. `bind_parameters`: wire::postgres::Bind::parameters. 0: not all of their
/// bytes are here.
[[nodiscard]] std::uint64_t parameters_hash(wire::postgres::Bytes bind_parameters, std::uint64_t text) noexcept;

}  // namespace lockkeeper::track::postgres
