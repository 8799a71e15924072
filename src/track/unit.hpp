// What a text says about the unit of work it belongs to, and about its literals.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/lease.hpp"
#include "sql/options.hpp"

namespace lockkeeper::track {

/// From sqlcommenter's tags: traceparent's trace id, else trace_id, else request_id. Empty: none. The tags are in
/// comments at the text's beginning or end; else in the first comment within it that names a unit, for drivers write on
/// behind a tracer (pgjdbc its RETURNING). Without a comment it costs one search.
[[nodiscard]] model::UnitId unit_of(std::string_view sql, const sql::Options& options = {});

/// Tells same from different runs of one statement: by the literals in its text (to the letter, comments and all). The
/// values themselves are not kept. Never 0.
[[nodiscard]] std::uint64_t text_hash(std::string_view sql) noexcept;

}  // namespace lockkeeper::track
