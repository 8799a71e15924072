// What a text says about the unit of work it belongs to, and about its literals.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/lease.hpp"

namespace lockkeeper::track {

/// From sqlcommenter's tags, in comments at the text's beginning or end: traceparent's trace id, else trace_id, else
/// request_id. Empty: none. Without a comment it costs one search.
[[nodiscard]] model::UnitId unit_of(std::string_view sql);

/// Tells same from different runs of one statement: by the literals in its text (to the letter, comments and all). The
/// values themselves are not kept. Never 0.
[[nodiscard]] std::uint64_t text_hash(std::string_view sql) noexcept;

}  // namespace lockkeeper::track
