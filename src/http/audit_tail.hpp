// The newest lines of the audit file.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace lockkeeper::http {

/// Of the file's end so much is read at most: some thousand lines.
inline constexpr std::size_t most_audit_bytes = std::size_t{4} << 20U;

/// At most `limit` lines, newest first. A file that is not there has none. The reason where it cannot be read.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> audit_tail(
    const std::filesystem::path& path, std::size_t limit, std::size_t most_bytes = most_audit_bytes);

}  // namespace lockkeeper::http
