# lockkeeper_precompile(TARGET KIND): the target's sources start from headers that are compiled once; KIND is `room` or
# `test`. Reading the standard library again for each of six hundred short files was half of the build.
#
# With clang alone: g++ 12 copies its whole precompiled file into every compiler process, a hundred megabytes, which costs
# more than it saves, and warns of what is inside the standard library. So g++ also shows that each file includes what it uses.
include(CMakeDependentOption)
cmake_dependent_option(LOCKKEEPER_PRECOMPILE "Compile the most used headers once" ON
  "CMAKE_CXX_COMPILER_ID MATCHES Clang;NOT LOCKKEEPER_LIBRARY_ONLY" OFF)

function(lockkeeper_precompiled_headers kind)
  set(headers algorithm array atomic charconv chrono condition_variable cstddef cstdint deque expected functional limits map
    memory mutex optional ranges set span string string_view thread tuple unordered_map utility variant vector fmt/format.h
    ${ARGN})
  list(TRANSFORM headers REPLACE "(.+)" "<\\1>")
  set(source "${CMAKE_BINARY_DIR}/precompiled/${kind}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "// The precompiled headers need a target, and a target a source.\n")
  add_library(lockkeeper_precompiled_${kind} OBJECT EXCLUDE_FROM_ALL "${source}")
  target_precompile_headers(lockkeeper_precompiled_${kind} PRIVATE ${headers})
  target_link_libraries(lockkeeper_precompiled_${kind} PRIVATE lockkeeper_flags fmt::fmt)
endfunction()

function(lockkeeper_precompile target kind)
  if(LOCKKEEPER_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM lockkeeper_precompiled_${kind})
  endif()
endfunction()

if(LOCKKEEPER_PRECOMPILE)
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")  # Else ccache does not believe in them.
  lockkeeper_precompiled_headers(room)
endif()
