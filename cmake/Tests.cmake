# lockkeeper_test(NAME SOURCES a_test.cpp ... [LIBRARIES lockkeeper_sql ...] [LABEL unit|server] [THREADS] [PLAIN])
#
# One GoogleTest program, one ctest entry: programs that need a server start it once for all their cases.
# THREADS: has threads of its own to race, and belongs to the thread sanitizer's preset. scripts/test builds target
# threads_tests there: nothing but these and what they need.
# PLAIN: not under the other sanitizers. scripts/test builds target plain_tests and runs label `plain` with g++, all else with
# clang and sanitizers; scripts/test --quick everything without sanitizers.
#
# lockkeeper_test_objects(NAME SOURCES ... LIBRARIES ...): cases that several programs link, compiled once.
find_package(GTest REQUIRED)
option(LOCKKEEPER_ONLY_THREADS "Build the tests marked THREADS alone" OFF)
add_custom_target(plain_tests)
add_custom_target(threads_tests)
# What is tested is optimised; optimising the tests as well would be half of the time that compiling them takes.
set(LOCKKEEPER_TEST_OPTIONS -O0)

if(LOCKKEEPER_PRECOMPILE)
  lockkeeper_precompiled_headers(test gtest/gtest.h gmock/gmock.h)
  target_link_libraries(lockkeeper_precompiled_test PRIVATE GTest::gmock)
  target_compile_options(lockkeeper_precompiled_test PRIVATE ${LOCKKEEPER_TEST_OPTIONS})
endif()

function(lockkeeper_test_settings target)
  lockkeeper_precompile(${target} test)
  target_compile_options(${target} PRIVATE ${LOCKKEEPER_TEST_OPTIONS})
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/tests" "${CMAKE_SOURCE_DIR}/src")
  target_compile_definitions(${target} PRIVATE LOCKKEEPER_SOURCE_DIR="${CMAKE_SOURCE_DIR}" LOCKKEEPER_BINARY_DIR="${CMAKE_BINARY_DIR}")
endfunction()

function(lockkeeper_test name)
  cmake_parse_arguments(TEST "THREADS;PLAIN" "LABEL" "SOURCES;LIBRARIES" ${ARGN})
  if((LOCKKEEPER_ONLY_THREADS AND NOT TEST_THREADS) OR (LOCKKEEPER_SANITIZE AND TEST_PLAIN))
    return()
  endif()
  if(NOT TEST_LABEL)
    set(TEST_LABEL unit)
  endif()
  add_executable(test_${name} ${TEST_SOURCES})
  lockkeeper_test_settings(test_${name})
  target_link_libraries(test_${name} PRIVATE lockkeeper_flags ${TEST_LIBRARIES} GTest::gtest_main)
  add_test(NAME ${name} COMMAND test_${name})
  if(TEST_THREADS)
    add_dependencies(threads_tests test_${name})
  endif()
  if(TEST_PLAIN)
    list(APPEND TEST_LABEL plain)
    add_dependencies(plain_tests test_${name})
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${TEST_LABEL}")
endfunction()

function(lockkeeper_test_objects name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${TEST_SOURCES})
  lockkeeper_test_settings(${name})
  target_link_libraries(${name} PRIVATE lockkeeper_flags PUBLIC ${TEST_LIBRARIES} GTest::gtest)
endfunction()
