// A request as it came, and what is answered: plain values between the connections and those who answer.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/target.hpp"

namespace lockkeeper::http {

enum class Method { get, head, post, other };

struct Request {
  Method method = Method::get;
  Target target;
  std::optional<std::string> host;
  std::optional<std::string> origin;
  std::string authorization;
  std::string cookie;
  std::string content_type;
  std::string csrf;  ///< X-Lockkeeper-CSRF
  std::string if_none_match;
  std::string body;
  std::string client;  ///< "10.0.0.7:51234"
};

struct Response {
  unsigned status = 200;
  std::string content_type = {};
  std::string text = {};        ///< The body ...
  std::string_view bytes = {};  ///< ... or one that is never freed, where it is not empty.
  std::vector<std::pair<std::string, std::string>> headers = {};

  [[nodiscard]] std::string_view body() const { return bytes.empty() ? std::string_view(text) : bytes; }
};

/// What takes a while, to be run on the worker's thread.
struct Work {
  std::function<Response()> run;
};

/// The connection becomes an event stream.
struct EventStream {};

using Reply = std::variant<Response, Work, EventStream>;

[[nodiscard]] Response json_response(std::string text, unsigned status = 200);
[[nodiscard]] Response text_response(std::string text, unsigned status = 200);

/// {"error": ...} with a fitting code.
[[nodiscard]] Response error_response(unsigned status, std::string code, std::string message, std::string advice);

/// Those that every answer has, by where it is from: below /api nothing is kept.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> security_headers(const Request& request);

}  // namespace lockkeeper::http
