// What a glance is to list of a server's sessions; all others it only counts.
#pragma once

#include <cstdint>

#include "model/time.hpp"

namespace lockkeeper::collect {

/// A client's session is listed if one of these is so, another process of the server for the last one only.
struct Noteworthy {
  model::Duration idle;      ///< Idle inside a transaction for so long or longer.
  model::Duration open;      ///< In a transaction for so long or longer, and not waiting for a lock.
  std::int64_t horizon = 0;  ///< Holds back vacuum by so many transactions or more.
};

}  // namespace lockkeeper::collect
