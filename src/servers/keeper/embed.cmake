# cmake -DKEEPER=program -DOUTPUT=image.cpp -P embed.cmake: a C++ source with the program's bytes in it.
file(SHA256 "${KEEPER}" hash)  # In the text, so that a compiler cache sees that the bytes have changed.
file(SIZE "${KEEPER}" size)
set(name lockkeeper_keeper_image)
set(quote "\\\"")
file(WRITE "${OUTPUT}" "// Made by src/servers/keeper/embed.cmake. ${hash}
#include \"servers/keeper/image.hpp\"

__asm__(\".pushsection .rodata\\n.global ${name}\\n.hidden ${name}\\n${name}:\\n.incbin ${quote}${KEEPER}${quote}\\n.popsection\\n\");
extern \"C\" const char ${name}[];

namespace lockkeeper::servers {

std::string_view keeper_image() noexcept { return {${name}, ${size}}; }

}  // namespace lockkeeper::servers
")
