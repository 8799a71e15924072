// The demonstration as a whole: incidents brought about on a private server, found, explained, resolved, and refused by
// the library. What is in its table was seen in this run.
#pragma once

#include <vector>

#include "demo/incident.hpp"
#include "demo/result.hpp"
#include "demo/story.hpp"
#include "demo/surroundings.hpp"

namespace lockkeeper::demo {

/// Plays these incidents, telling the story as it goes. A viewer who leaves gets the result so far. Throws Interrupted,
/// and Failure where the server does not let the shop be made.
[[nodiscard]] Result play(const std::vector<const Incident*>& incidents, const Surroundings& surroundings,
                          Story& story);

}  // namespace lockkeeper::demo
