#include <algorithm>

#include "demo/incident.hpp"

namespace lockkeeper::demo {

std::vector<const Incident*> all_incidents() { return {&webhook(), &post(), &counter(), &refund(), &lonely_test()}; }

const Incident* incident_named(std::string_view word) {
  const auto incidents = all_incidents();
  const auto found = std::ranges::find_if(incidents, [word](const Incident* incident) {
    return word == incident->name || word == std::to_string(incident->number);
  });
  return found == incidents.end() ? nullptr : *found;
}

}  // namespace lockkeeper::demo
