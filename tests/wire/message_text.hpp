// Messages as people write them, `F Parse name="s1" sql="select $1" types=[23]`, to bytes and back, by the table of
// layouts.hpp.
//
// Texts stand in double quotes, with \n, \", \\ and \x1f; lists in brackets; groups of several in parentheses; a
// character stands alone, or as \x1f where it is none; NULL is the absence of a value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/layouts.hpp"

namespace lockkeeper::testing {

struct Message {
  Side side = Side::frontend;
  std::string name;   ///< Of its layout.
  std::string text;   ///< The line.
  std::string bytes;  ///< As on the wire, the header included.
};

/// Throws std::runtime_error with the place where the line is not what its layout says.
[[nodiscard]] Message parse_message(std::string_view line);

/// The line for a message's bytes; nullopt where no layout of that side fits. `startup`: a packet without a type.
[[nodiscard]] std::optional<Message> describe_message(Side side, std::string_view bytes, bool startup = false);

}  // namespace lockkeeper::testing
