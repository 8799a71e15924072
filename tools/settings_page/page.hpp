// The page of the settings, docs/configuration.md: made from the table that the parser reads by, so that the two cannot
// differ.
#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::tools {

/// The whole page, as Markdown.
[[nodiscard]] std::string settings_page();

/// The configuration file at its top: parses without an error or a warning.
[[nodiscard]] std::string_view settings_example() noexcept;

}  // namespace lockkeeper::tools
