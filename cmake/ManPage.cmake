# cmake -DLOWDOWN=program -DSOURCE=docs/man/NAME.1.md -DPAGE=NAME.1 -DVERSION=0.1.0 -P ManPage.cmake: a page as `man` shows it.
# Its sections are headings of the second level there, its links would be paths of the source tree.
get_filename_component(name "${SOURCE}" NAME_WE)
string(TOUPPER "${name}" title)
file(READ "${SOURCE}" text)
string(REGEX REPLACE "^# [^\n]*\n" "" text "${text}")
string(REGEX REPLACE "\n## " "\n# " text "${text}")
string(REGEX REPLACE "\\[([a-z-]+)\\]\\([a-z-]+\\.1\\.md\\)" "**\\1**(1)" text "${text}")
string(REGEX REPLACE "\\[([^]\n]+)\\]\\([^)\n]*\\)" "\\1" text "${text}")
file(WRITE "${PAGE}.md" "${text}")
execute_process(COMMAND "${LOWDOWN}" -s -Tman --out-no-smarty -m "title=${title}" -m section=1 -m volume=Lockkeeper
  -m "source=Lockkeeper ${VERSION}" -o "${PAGE}" "${PAGE}.md" COMMAND_ERROR_IS_FATAL ANY)
