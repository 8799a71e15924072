#include "http/message.hpp"

#include "report/board_json.hpp"

namespace lockkeeper::http {

Response json_response(std::string text, unsigned status) {
  return {.status = status, .content_type = "application/json", .text = std::move(text) + "\n"};
}

Response text_response(std::string text, unsigned status) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .text = std::move(text)};
}

Response error_response(unsigned status, std::string code, std::string message, std::string advice) {
  return json_response(report::error_json({std::move(code), std::move(message), std::move(advice)}), status);
}

std::vector<std::pair<std::string, std::string>> security_headers(const Request& request) {
  std::vector<std::pair<std::string, std::string>> headers{
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src "
       "'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"}};
  if (request.target.path.starts_with("/api")) headers.emplace_back("Cache-Control", "no-store");
  return headers;
}

}  // namespace lockkeeper::http
