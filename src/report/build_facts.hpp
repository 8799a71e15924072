// What a program was built from and with: asked for where something is reported that does not happen elsewhere.
#pragma once

#include <string>
#include <vector>

namespace lockkeeper::report {

struct BuildFacts {
  struct Library {
    std::string name;
    std::string version;
  };

  std::string version;
  std::string commit;       ///< Abbreviated; empty: it was not built in a checkout.
  bool is_changed = false;  ///< That commit's files, with changes that were in none.
  std::string compiler;     ///< Name and version.
  std::string build_type;
  std::string sanitizers;  ///< As the compiler's option names them; empty: none.
  bool has_dashboard = false;
  std::vector<Library> libraries;  ///< That it was compiled with. By name.
};

/// Lines of a label and a value each, the first of them the name and version alone.
[[nodiscard]] std::string to_text(const BuildFacts& facts);

/// One object, as docs/api.md and docs/api/version.schema.json have it. Ends with a newline.
[[nodiscard]] std::string to_json(const BuildFacts& facts);

}  // namespace lockkeeper::report
