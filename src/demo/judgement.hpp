// The doctor's findings, compared with what an incident knows of the trouble that it has made. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "demo/incident.hpp"
#include "model/diagnosis.hpp"

namespace lockkeeper::demo {

struct Judgement {
  const model::Finding* finding = nullptr;       ///< Of the expected rule and exactly the expected sessions.
  std::vector<const model::Finding*> also = {};  ///< Of the other expected rules, and this application.
  std::string missing = {};                      ///< What was expected and is not there; empty: found.
  std::string unnamed = {};                      ///< What no finding names; empty: explained.
};

/// Points into the diagnosis. `healthy`: a session that no finding may be about.
[[nodiscard]] Judgement judge(const model::Diagnosis& diagnosis, const Truth& truth, std::int64_t healthy);

/// Rules in the order of the judgement, then others that spoke, each once.
[[nodiscard]] std::vector<std::string> rules_of(const model::Diagnosis& diagnosis, const Judgement& judgement);

/// The ids of sessions without their starts.
[[nodiscard]] std::set<std::int64_t> ids_of(const std::vector<model::Session>& sessions);

}  // namespace lockkeeper::demo
