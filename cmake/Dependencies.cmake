# Every library the product uses, found once. Includes are SYSTEM: their warnings are not ours.

# The C++ library's own, by the same file that its users find them by.
include("${CMAKE_SOURCE_DIR}/packaging/LockkeeperDependencies.cmake")
set(known_drivers mysql postgres sqlite)
foreach(part IN ITEMS core LISTS LOCKKEEPER_DRIVERS)
  if(NOT part IN_LIST known_drivers AND NOT part STREQUAL "core")
    message(FATAL_ERROR "LOCKKEEPER_DRIVERS names the driver \"${part}\"; there are: ${known_drivers}")
  endif()
  lockkeeper_find_libraries(${part} missing)
  if(missing)
    message(FATAL_ERROR "${missing}A driver that is not wanted can be left out: -DLOCKKEEPER_DRIVERS=\"sqlite;postgres\"")
  endif()
endforeach()

# Headers alone: the library shows call stacks by them.
find_package(Boost 1.74 QUIET)
if(NOT TARGET Boost::headers)
  message(FATAL_ERROR "Boost 1.74 or later was not found (Debian: apt-get install libboost-dev)")
endif()

if(NOT LOCKKEEPER_LIBRARY_ONLY)
  foreach(driver IN LISTS known_drivers)
    if(NOT driver IN_LIST LOCKKEEPER_DRIVERS)
      message(FATAL_ERROR "Drivers can be left out with -DLOCKKEEPER_LIBRARY_ONLY=ON alone: programs and tests use all of them")
    endif()
  endforeach()
  find_package(CLI11 REQUIRED)
  find_package(Boost 1.81 REQUIRED COMPONENTS json)
  find_package(prometheus-cpp CONFIG REQUIRED)
  find_package(OpenSSL REQUIRED)
  find_package(tomlplusplus CONFIG REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(liburing REQUIRED IMPORTED_TARGET liburing)
  pkg_check_modules(ncursesw REQUIRED IMPORTED_TARGET ncursesw)
  # It would have everybody who links it define macros of the C library, which the compiler has defined already.
  set_property(TARGET PkgConfig::ncursesw PROPERTY INTERFACE_COMPILE_OPTIONS "")
endif()
