# cmake -DSOURCE=folder -DINTO=file -P Commit.cmake: writes which commit is checked out, only if that has changed, so that
# nothing is compiled again for nothing. Run at every build: a commit does not touch what CMake looks at.
set(commit "")
set(is_changed false)
find_program(GIT_PROGRAM git)
if(GIT_PROGRAM AND EXISTS "${SOURCE}/.git")
  execute_process(COMMAND "${GIT_PROGRAM}" -C "${SOURCE}" rev-parse --short=12 HEAD
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  execute_process(COMMAND "${GIT_PROGRAM}" -C "${SOURCE}" status --porcelain --untracked-files=no
    OUTPUT_VARIABLE changes OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(changes)
    set(is_changed true)
  endif()
endif()
file(CONFIGURE OUTPUT "${INTO}" @ONLY CONTENT [[// Written by cmake/Commit.cmake.
#include "built_with.hpp"

namespace lockkeeper::built_with {

const char* const commit = "@commit@";
const bool commit_is_changed = @is_changed@;

}  // namespace lockkeeper::built_with
]])
