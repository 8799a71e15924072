// Letting go of what is stuck: the guarded action that the doctor offers, once the viewer agrees.
#pragma once

#include <cstdint>
#include <string>

#include "demo/incident.hpp"
#include "model/diagnosis.hpp"

namespace lockkeeper::demo {

struct Resolution {
  std::int64_t ended = 0;    ///< Sessions.
  std::string problem = {};  ///< Empty: exactly those that were to be ended are gone.
};

/// Ends the finding's sessions, or the one that the truth names. Throws Left where the viewer says so, Interrupted.
[[nodiscard]] Resolution resolve(Stage& stage, const std::string& url, const model::Finding& finding,
                                 const Truth& truth, bool asks);

}  // namespace lockkeeper::demo
