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

# The other way to read them less often: sources of a target are compiled as one where no name of one for its own use occurs in
# another (tools/together tells). It hides what a source forgets to include: tools/tidy tells that by names, preset dev by compiling.
# Not for that preset, where a change in one source is to compile that one.
option(LOCKKEEPER_TOGETHER "Compile several sources as one" OFF)
set(LOCKKEEPER_MOST_TOGETHER 12)  # more save little, and the last one of a room has all processors but one wait

function(lockkeeper_compile_together target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "^[^$].*\\.cpp$")
  set(paths)
  foreach(source IN LISTS sources)
    cmake_path(ABSOLUTE_PATH source NORMALIZE OUTPUT_VARIABLE path)
    if(path MATCHES "^${CMAKE_SOURCE_DIR}/(src|apps|tests)/")
      list(APPEND paths "${path}")
    endif()
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${paths})  # other names, other groups
  execute_process(COMMAND /usr/bin/python3 "${CMAKE_SOURCE_DIR}/tools/together" ${LOCKKEEPER_MOST_TOGETHER} ${paths}
    OUTPUT_VARIABLE groups OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE ";" "," groups "${groups}")
  string(REPLACE "\n" ";" groups "${groups}")
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  set(number 0)
  foreach(group IN LISTS groups)
    string(REPLACE "," ";" group "${group}")
    foreach(source IN LISTS group)
      get_source_file_property(of_another "${source}" UNITY_GROUP)
      if(of_another)  # Two libraries that have it are linked by one program: the linker takes one object, not two that differ.
        set_source_files_properties("${source}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
      endif()
    endforeach()
    set_source_files_properties(${group} PROPERTIES UNITY_GROUP ${target}_${number})
    math(EXPR number "${number} + 1")
  endforeach()
endfunction()

# For a target one of whose types, or coroutines, that others know of holds something of its source's own: g++ takes a source in a
# group for a header, and warns.
function(lockkeeper_keeps_own_types target)
  if(LOCKKEEPER_TOGETHER AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

function(lockkeeper_precompile target kind)
  if(LOCKKEEPER_TOGETHER)
    lockkeeper_compile_together(${target})
  endif()
  if(LOCKKEEPER_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM lockkeeper_precompiled_${kind})
  endif()
endfunction()

if(LOCKKEEPER_PRECOMPILE)
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")  # Else ccache does not believe in them.
  lockkeeper_precompiled_headers(room)
endif()
