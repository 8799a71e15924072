#include "build_facts.hpp"

#include <string>

#include "base/version.hpp"
#include "built_with.hpp"

namespace lockkeeper {

report::BuildFacts build_facts() {
  return {.version = std::string(version),
          .commit = built_with::commit,
          .is_changed = built_with::commit_is_changed,
          .compiler = built_with::compiler,
          .build_type = built_with::build_type,
          .sanitizers = built_with::sanitizers,
          .has_dashboard = built_with::dashboard,
          .libraries = built_with::libraries()};
}

}  // namespace lockkeeper
