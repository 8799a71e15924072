# What `cmake --install` puts where, in two components: `library`, for C++ programs that are built with it (headers,
# static libraries, CMake package, pkg-config), and `program` (Program.cmake has what lies beside it).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/Lockkeeper")
set(generated_folder "${CMAKE_BINARY_DIR}/packaging")

# lockkeeper_export(FILE TARGET NAME [TARGET NAME ...]): installs the targets, for users as Lockkeeper::NAME. A file a
# driver: one whose database library is not there must not get in the way of the others.
function(lockkeeper_export file)
  set(pairs ${ARGN})
  while(pairs)
    list(POP_FRONT pairs target name)
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    install(TARGETS ${target} EXPORT ${file} ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library)
  endwhile()
  install(EXPORT ${file} FILE ${file}.cmake NAMESPACE Lockkeeper:: DESTINATION "${package_folder}" COMPONENT library)
endfunction()

# lockkeeper_pkg_config(TEMPLATE NAME): installs packaging/TEMPLATE.pc.in as NAME.pc.
function(lockkeeper_pkg_config template name)
  set(folder "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig")
  file(RELATIVE_PATH relative_include_folder "${folder}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
  configure_file("${CMAKE_SOURCE_DIR}/packaging/${template}.pc.in" "${generated_folder}/${name}.pc" @ONLY)
  install(FILES "${generated_folder}/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT library)
endfunction()

# lockkeeper_install_driver(NAME TITLE PKG_CONFIG_MODULES): if it is built.
function(lockkeeper_install_driver driver driver_title driver_requires)
  if(TARGET lockkeeper_${driver})
    # A program that uses a driver uses the pool. In the tree, a driver's own tests need not link it.
    target_link_libraries(lockkeeper_${driver} INTERFACE $<INSTALL_INTERFACE:Lockkeeper::lockkeeper>)
    lockkeeper_export(Lockkeeper_${driver} lockkeeper_${driver} ${driver})
    lockkeeper_pkg_config(lockkeeper-driver lockkeeper-${driver})
    set(drivers ${drivers} ${driver} PARENT_SCOPE)
  endif()
endfunction()

install(DIRECTORY "${CMAKE_SOURCE_DIR}/include/lockkeeper" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT library
  FILES_MATCHING PATTERN "*.hpp")
lockkeeper_export(LockkeeperTargets
  lockkeeper_include headers lockkeeper_base base lockkeeper_graph graph lockkeeper_sql sql lockkeeper_client lockkeeper)
lockkeeper_pkg_config(lockkeeper lockkeeper)

set(drivers "")
lockkeeper_install_driver(mysql "MySQL and MariaDB" libmariadb)
lockkeeper_install_driver(postgres PostgreSQL libpq)
lockkeeper_install_driver(sqlite SQLite sqlite3)

configure_package_config_file("${CMAKE_SOURCE_DIR}/packaging/LockkeeperConfig.cmake.in"
  "${generated_folder}/LockkeeperConfig.cmake" INSTALL_DESTINATION "${package_folder}"
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 a new minor version may break what was promised.
write_basic_package_version_file("${generated_folder}/LockkeeperConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${generated_folder}/LockkeeperConfig.cmake" "${generated_folder}/LockkeeperConfigVersion.cmake"
  "${CMAKE_SOURCE_DIR}/packaging/LockkeeperDependencies.cmake" DESTINATION "${package_folder}" COMPONENT library)

if(TARGET lockkeeper)
  install(TARGETS lockkeeper RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
  include(Program)
endif()
