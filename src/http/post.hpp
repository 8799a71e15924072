// Sends one HTTP request, and waits for its answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockkeeper::http {

struct PostUrl {
  bool tls = false;
  std::string host;
  std::string port;    ///< A number.
  std::string target;  ///< "/hook?a=b"

  friend bool operator==(const PostUrl&, const PostUrl&) = default;
};

/// Of "https://chat.example:8443/hook". The reason where it is none; names and passwords in it are refused.
[[nodiscard]] std::expected<PostUrl, std::string> parse_post_url(std::string_view url);

using Headers = std::vector<std::pair<std::string, std::string>>;

/// One at a time. `post` belongs to one thread; `stop` may be called from any other.
class Poster {
 public:
  Poster();
  Poster(const Poster&) = delete;
  Poster& operator=(const Poster&) = delete;
  ~Poster();

  /// The status of the answer, or why there was none: not later than at the deadline. Certificates are verified by the
  /// system's authorities. Redirections are not followed.
  [[nodiscard]] std::expected<unsigned, std::string> post(const PostUrl& url, const Headers& headers,
                                                          const std::string& body,
                                                          std::chrono::steady_clock::time_point deadline);

  /// Ends the request under way, and all that come.
  void stop() noexcept;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace lockkeeper::http
