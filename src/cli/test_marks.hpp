// The lines that a suite's reporters write: which test begins, which has ended. docs/leak-gate.md
//
//   begins 1795945742.123456 4711 posts > creates a post
//   ends 1795945742.345678 4711 posts > creates a post
//
// The word, seconds since 1970, the process, and all else is the test's name.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string_view>
#include <vector>

#include "model/leak_gate.hpp"

namespace lockkeeper::cli {

inline constexpr std::size_t most_marks = 1'000'000;
inline constexpr std::size_t longest_mark = 4096;  ///< Bytes: so much is written in one piece, whoever else writes.

/// nullopt: it is no mark.
[[nodiscard]] std::optional<model::TestMark> parse_mark(std::string_view line);

struct TestMarks {
  std::vector<model::TestMark> marks;
  std::uint64_t unreadable = 0;  ///< Lines.
};
[[nodiscard]] TestMarks read_marks(std::istream& in);

}  // namespace lockkeeper::cli
