#pragma once

// The dashboard's files, as they were built into this program: what web/dist holds, or one page that says how to get
// it. Plain standard types, so that whoever serves them knows nothing of how they came here.

#include <span>
#include <string_view>

namespace lockkeeper {

// All of it lives as long as the program.
struct WebFile {
  std::string_view path;          // "/index.html", "/assets/index-1a2b3c4d.js": begins with a slash
  std::string_view content_type;  // "text/html; charset=utf-8"
  std::string_view body;          // may hold any bytes
  std::string_view etag;          // quoted, as in the header: changes with the body
};

// Sorted by path. Files below /assets/ have a hash in their names: they never change, and may be cached for ever.
// "/index.html" is always there. It is the answer to "/" and to every path that is neither a file nor the API's: the
// page reads its own address (/findings/ID, /transactions/KEY, where a key may have dots in it).
std::span<const WebFile> web_files();

}  // namespace lockkeeper
