// Literals that mean what they do when a statement is prepared.
#pragma once

#include <array>
#include <string_view>

namespace lockkeeper::sql {

/// The parameters that decide what a literal means when PostgreSQL prepares a statement, as it reports them.
inline constexpr std::array<std::string_view, 5> parameters_of_literals{"client_encoding", "DateStyle", "IntervalStyle",
                                                                        "standard_conforming_strings", "TimeZone"};

/// Whether the text may hold a string literal of PostgreSQL's: '...', $$...$$ or $tag$...$tag$.
[[nodiscard]] bool may_have_literals(std::string_view text) noexcept;

/// Whether a literal of the text may be 'now', 'today', 'tomorrow' or 'yesterday': as a date or time these are
/// constants from the moment in which the statement is prepared, not from that in which it runs
/// (postgresql.org/docs/18, datatype-datetime, 8.5.1.4). Errs on the side of yes: an identifier or a comment may say
/// so, but for a call of now().
[[nodiscard]] bool may_name_a_moment(std::string_view text) noexcept;

}  // namespace lockkeeper::sql
