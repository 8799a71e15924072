# lockkeeper_test(NAME SOURCES a_test.cpp ... [LIBRARIES lockkeeper_sql ...] [LABEL unit|server])
#
# One GoogleTest program, one ctest entry: programs that need a server start it once for all their cases.
find_package(GTest REQUIRED)

function(lockkeeper_test name)
  cmake_parse_arguments(TEST "" "LABEL" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT TEST_LABEL)
    set(TEST_LABEL unit)
  endif()
  add_executable(test_${name} ${TEST_SOURCES})
  target_include_directories(test_${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_link_libraries(test_${name} PRIVATE lockkeeper_flags ${TEST_LIBRARIES} GTest::gtest_main)
  target_compile_definitions(test_${name} PRIVATE LOCKKEEPER_SOURCE_DIR="${CMAKE_SOURCE_DIR}" LOCKKEEPER_BINARY_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES LABELS ${TEST_LABEL})
endfunction()
