# The libraries that each part of Lockkeeper links: found in one way by its build and by the programs that use it.

# lockkeeper_find_libraries(PART RESULT)
#
# PART is core, mysql, postgres or sqlite. RESULT becomes empty, or says what is missing and which Debian package has it.
function(lockkeeper_find_libraries part result)
  set(wanted "") # Pairs: a target, and the Debian package that has what it stands for.
  if(part STREQUAL "core")
    find_package(Threads QUIET)
    find_package(fmt QUIET)
    lockkeeper_find_library(xxhash::xxhash xxhash xxhash.h)
    set(wanted Threads::Threads libc6-dev fmt::fmt libfmt-dev xxhash::xxhash libxxhash-dev)
  elseif(part STREQUAL "mysql")
    lockkeeper_find_library(mariadb::mariadb mariadb mysql.h mariadb)
    set(wanted mariadb::mariadb libmariadb-dev)
  elseif(part STREQUAL "postgres")
    find_package(PostgreSQL QUIET)
    set(wanted PostgreSQL::PostgreSQL libpq-dev)
  elseif(part STREQUAL "sqlite")
    find_package(SQLite3 QUIET)
    set(wanted SQLite::SQLite3 libsqlite3-dev)
  endif()
  set(missing "")
  while(wanted)
    list(POP_FRONT wanted target package)
    if(NOT TARGET ${target})
      string(APPEND missing "Lockkeeper's ${part} needs ${target}, which was not found: install its development files "
        "(Debian: apt-get install ${package}), or name their folder in CMAKE_PREFIX_PATH. ")
    endif()
  endwhile()
  set(${result} "${missing}" PARENT_SCOPE)
endfunction()

# For those without a find module: makes the target TARGET of the library NAME, if that and its header are found.
function(lockkeeper_find_library target name header)
  if(TARGET ${target})
    return()
  endif()
  find_path(LOCKKEEPER_${name}_INCLUDE_DIR ${header} PATH_SUFFIXES ${ARGN})
  find_library(LOCKKEEPER_${name}_LIBRARY ${name})
  mark_as_advanced(LOCKKEEPER_${name}_INCLUDE_DIR LOCKKEEPER_${name}_LIBRARY)
  if(LOCKKEEPER_${name}_INCLUDE_DIR AND LOCKKEEPER_${name}_LIBRARY)
    add_library(${target} UNKNOWN IMPORTED)
    set_target_properties(${target} PROPERTIES
      IMPORTED_LOCATION "${LOCKKEEPER_${name}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${LOCKKEEPER_${name}_INCLUDE_DIR}")
  endif()
endfunction()
