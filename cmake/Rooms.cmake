# lockkeeper_room(NAME SOURCES a.cpp b.hpp ... [LIBRARIES fmt::fmt ...])
#
# Declares one room of the house as the static library lockkeeper_NAME. Its link list is the
# room's line of tools/floors.json and nothing else, so that the table cannot drift from the build.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tools/floors.json")
file(READ "${CMAKE_SOURCE_DIR}/tools/floors.json" LOCKKEEPER_FLOORS)

# The public headers: a room without sources.
add_library(lockkeeper_include INTERFACE)
target_include_directories(lockkeeper_include INTERFACE "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>" $<INSTALL_INTERFACE:include>)
target_compile_features(lockkeeper_include INTERFACE cxx_std_20)

# Where fuzzers are built, the rooms they drive tell them which branches were taken.
set(LOCKKEEPER_FUZZED_ROOMS collect proxy sql wire)

function(lockkeeper_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(lockkeeper_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(lockkeeper_${name} PUBLIC "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/src>")
  target_link_libraries(lockkeeper_${name} PRIVATE $<BUILD_INTERFACE:lockkeeper_flags> PUBLIC ${ROOM_LIBRARIES})
  lockkeeper_precompile(lockkeeper_${name} room)
  if(LOCKKEEPER_FUZZ AND name IN_LIST LOCKKEEPER_FUZZED_ROOMS)
    # The coverage of -fsanitize=fuzzer-no-link; that itself does not go with the precompiled headers.
    target_compile_options(lockkeeper_${name} PRIVATE -fsanitize-coverage=inline-8bit-counters,indirect-calls,trace-cmp,pc-table)
  endif()
  string(JSON count LENGTH "${LOCKKEEPER_FLOORS}" rooms ${name} may_include)
  if(count GREATER 0)
    math(EXPR last "${count} - 1")
    foreach(index RANGE ${last})
      string(JSON room GET "${LOCKKEEPER_FLOORS}" rooms ${name} may_include ${index})
      if(EXISTS "${CMAKE_SOURCE_DIR}/src/${room}" OR room STREQUAL "include")
        target_link_libraries(lockkeeper_${name} PUBLIC lockkeeper_${room})
      endif()
    endforeach()
  endif()
endfunction()
