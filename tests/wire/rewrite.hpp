// A message through its decoder and out of its encoder again.
#pragma once

#include <string>

#include "wire/message_text.hpp"

namespace lockkeeper::testing {

enum class Rewritten {
  same,       ///< The same bytes came out.
  different,  ///< Others did, or the decoder refused the message.
  unread,     ///< src/wire has no decoder for it: it passes such messages on as they are.
};

/// Of an error or notice, whose encoder writes fewer fields: whether what is decoded stays the same.
[[nodiscard]] Rewritten rewrite(const Message& message);

}  // namespace lockkeeper::testing
