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

# The other way to read them less often, for g++: several sources of a target are compiled as one. It hides what a source forgets to
# include, so only what is built whole is built so: scripts/test's own (preset plain), where clang compiles each source alone too, and
# release, whose first build somebody waits for.
option(LOCKKEEPER_TOGETHER "Compile several sources as one" OFF)
# Sources whose names for their own use are those of another source of the room, as regular expressions. A new one shows in an error of
# preset plain ("redefinition", "ambiguous").
set(LOCKKEEPER_NEVER_TOGETHER
  cli/ demo/ rules/ # each command has its footer, each incident its pool_size, each rule its to_finding
  collect/applog/line_time collect/postgres/to_model diagnose/watch http/connection
  "proxy/(auth|config|console/gather|mysql|postgres)"
  "report/(leak_gate|prometheus)"
  store/sqlite_trim)

function(lockkeeper_precompile target kind)
  if(LOCKKEEPER_TOGETHER AND kind STREQUAL "room")
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    get_target_property(sources ${target} SOURCES)
    foreach(source IN LISTS sources)
      foreach(alone IN LISTS LOCKKEEPER_NEVER_TOGETHER)
        if("${CMAKE_CURRENT_SOURCE_DIR}/${source}" MATCHES "/src/${alone}")
          set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
        endif()
      endforeach()
    endforeach()
  endif()
  if(LOCKKEEPER_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM lockkeeper_precompiled_${kind})
  endif()
endfunction()

if(LOCKKEEPER_PRECOMPILE)
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")  # Else ccache does not believe in them.
  lockkeeper_precompiled_headers(room)
endif()
