# What is installed beside the program: man pages, completions, the service's unit, the reporters of `lockkeeper test`.
find_program(LOWDOWN_PROGRAM lowdown)
set(manual "${CMAKE_BINARY_DIR}/man")
if(LOWDOWN_PROGRAM)
  file(GLOB man_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/docs/man/*.1.md")
  foreach(source IN LISTS man_sources)
    get_filename_component(page "${source}" NAME_WLE) # NAME.1
    add_custom_command(OUTPUT "${manual}/${page}" DEPENDS "${source}" "${CMAKE_SOURCE_DIR}/cmake/ManPage.cmake" VERBATIM
      COMMAND "${CMAKE_COMMAND}" "-DLOWDOWN=${LOWDOWN_PROGRAM}" "-DSOURCE=${source}" "-DPAGE=${manual}/${page}"
        "-DVERSION=${PROJECT_VERSION}" -P "${CMAKE_SOURCE_DIR}/cmake/ManPage.cmake")
    list(APPEND man_pages "${manual}/${page}")
  endforeach()
  add_custom_target(lockkeeper_man DEPENDS ${man_pages})
  add_dependencies(lockkeeper lockkeeper_man)
  install(FILES ${man_pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT program)
else()
  message(STATUS "The man pages are not made: there is no lowdown (Debian: apt-get install lowdown)")
endif()

# The program itself writes them, once it is there.
install(CODE "
  foreach(shell IN ITEMS bash zsh fish)
    execute_process(COMMAND \"$<TARGET_FILE:lockkeeper>\" completion \${shell}
      OUTPUT_FILE \"${CMAKE_BINARY_DIR}/completion.\${shell}\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()" COMPONENT program)
foreach(completion IN ITEMS "bash bash-completion/completions lockkeeper" "zsh zsh/site-functions _lockkeeper"
    "fish fish/vendor_completions.d lockkeeper.fish")
  string(REPLACE " " ";" completion "${completion}")
  list(GET completion 0 shell)
  list(GET completion 1 folder)
  list(GET completion 2 name)
  install(FILES "${CMAKE_BINARY_DIR}/completion.${shell}" DESTINATION "${CMAKE_INSTALL_DATADIR}/${folder}" RENAME "${name}"
    COMPONENT program)
endforeach()

install(FILES "${CMAKE_SOURCE_DIR}/packaging/systemd/lockkeeper.service" DESTINATION lib/systemd/system COMPONENT program)
install(DIRECTORY "${CMAKE_SOURCE_DIR}/reporters" DESTINATION "${CMAKE_INSTALL_DATADIR}/lockkeeper" COMPONENT program)
install(FILES "${CMAKE_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT program)
