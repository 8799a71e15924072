# cmake -DDIST=folder -DOUTPUT=web_files.cpp -P embed.cmake: a C++ source with every file of the folder in it.
# The assembler includes the bytes, which takes no time at all; a list of numbers would take the compiler seconds.

set(types_html "text/html; charset=utf-8")
set(types_js "text/javascript; charset=utf-8")
set(types_css "text/css; charset=utf-8")
set(types_svg "image/svg+xml")
set(types_json "application/json")
set(types_woff2 "font/woff2")
set(types_png "image/png")

file(GLOB_RECURSE files RELATIVE "${DIST}" "${DIST}/*")
list(SORT files)
set(bytes "")
set(declarations "")
set(rows "")
set(number 0)
set(quote "\\\"")
foreach(file IN LISTS files)
  file(SHA256 "${DIST}/${file}" hash)
  string(SUBSTRING "${hash}" 0 20 hash)
  file(SIZE "${DIST}/${file}" size)
  string(REGEX MATCH "[^.]+$" suffix "${file}")
  if(NOT DEFINED types_${suffix})
    message(FATAL_ERROR "web/embed.cmake knows no content type for ${file}: name it there")
  endif()
  set(name "lockkeeper_web_file_${number}")
  # The hash is in the text, so that a compiler cache sees that the bytes have changed.
  string(APPEND bytes "// ${hash}\n__asm__(\".pushsection .rodata\\n.global ${name}\\n.hidden ${name}\\n${name}:\\n.incbin ${quote}${DIST}/${file}${quote}\\n.byte 0\\n.popsection\\n\");\n")
  string(APPEND declarations "extern const char ${name}[];\n")
  string(APPEND rows "    {\"/${file}\", \"${types_${suffix}}\", {${name}, ${size}}, \"${quote}${hash}${quote}\"},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE "${OUTPUT}" "// Made by web/embed.cmake.
#include \"web/web_files.hpp\"

#include <array>

${bytes}
extern \"C\" {
${declarations}}

namespace lockkeeper {
namespace {
const std::array<WebFile, ${number}> files{{
${rows}}};
}  // namespace

std::span<const WebFile> web_files() { return files; }

}  // namespace lockkeeper
")
