// What the build writes into the program: built_with.cpp.in by CMake, and the commit at every build by
// cmake/Commit.cmake.
#pragma once

#include <vector>

#include "report/build_facts.hpp"

namespace lockkeeper::built_with {

extern const char* const compiler;
extern const char* const build_type;
extern const char* const sanitizers;
extern const bool dashboard;
[[nodiscard]] std::vector<report::BuildFacts::Library> libraries();

extern const char* const commit;
extern const bool commit_is_changed;

}  // namespace lockkeeper::built_with
