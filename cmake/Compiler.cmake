# Language level, warnings as errors, sanitizers, ccache: the same for every target.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(LOCKKEEPER_SANITIZE "" CACHE STRING "Comma-separated sanitizers: address,undefined or thread")
option(LOCKKEEPER_BENCH "Build the benchmarks" OFF)
option(LOCKKEEPER_FUZZ "Build the fuzzers (clang)" OFF)

# One interface target instead of global flags, so that a third-party header never sees them.
add_library(lockkeeper_flags INTERFACE)
target_compile_options(lockkeeper_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-align -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough)
if(LOCKKEEPER_LIBRARY_ONLY)
  # For whoever only wants to use it: optimised, fit for shared libraries too, and not broken by a newer compiler's warnings.
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
  endif()
else()
  target_compile_options(lockkeeper_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU")
  # g++ 12 reports null dereferences and dangling members inside inlined std code when optimising.
  target_compile_options(lockkeeper_flags INTERFACE -Wno-null-dereference -Wno-restrict)
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(lockkeeper_flags INTERFACE -Wthread-safety)
endif()
if(LOCKKEEPER_SANITIZE)
  add_compile_options(-fsanitize=${LOCKKEEPER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${LOCKKEEPER_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    add_link_options(-fuse-ld=lld)  # a hundred programs of a hundred megabytes: a quarter of the time
  endif()
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${CCACHE_PROGRAM}")
endif()
