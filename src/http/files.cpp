#include "http/files.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace lockkeeper::http {
namespace {

constexpr std::string_view page = "/index.html";

/// Names of their own: who asks for one that is not there is not to be given a page in its place.
bool names_a_file(std::string_view path) {
  constexpr std::array<std::string_view, 12> endings{".js",  ".css", ".map",   ".json",        ".svg",  ".png",
                                                     ".ico", ".txt", ".woff2", ".webmanifest", ".html", ".xml"};
  return path.starts_with("/assets/") ||
         std::ranges::any_of(endings, [&](std::string_view ending) { return path.ends_with(ending); });
}

const StaticFile* find(std::span<const StaticFile> files, std::string_view path) {
  const auto found = std::ranges::find(files, path, &StaticFile::path);
  return found == files.end() ? nullptr : &*found;
}

// Vite names files in /assets after their content; the others may change with the next release.
std::string caching(std::string_view path) {
  return path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}

bool has_it(std::string_view if_none_match, std::string_view etag) {
  return !etag.empty() && (if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos);
}

}  // namespace

Response file_response(std::span<const StaticFile> files, const Request& request) {
  const std::string& path = request.target.path;
  const StaticFile* file = find(files, path);
  if (file == nullptr && !names_a_file(path)) file = find(files, page);
  if (file == nullptr) {
    return error_response(404, "not_found",
                          files.empty() ? "the dashboard is not part of this build" : "there is no such file",
                          "The API is below /api/v1; it begins with /api/v1/status.");
  }
  Response response{.status = 200, .content_type = std::string(file->content_type), .bytes = file->bytes};
  if (has_it(request.if_none_match, file->etag)) response = {.status = 304};
  response.headers.emplace_back("Cache-Control", caching(file->path));
  if (!file->etag.empty()) response.headers.emplace_back("ETag", std::string(file->etag));
  return response;
}

}  // namespace lockkeeper::http
