#include "http/serving.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace lockkeeper::test {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

boost::json::value Answer::json() const { return boost::json::parse(body); }

std::string Answer::error_code() const {
  const auto value = json();
  const auto* error = value.as_object().if_contains("error");
  return error == nullptr || error->is_null() ? "" : std::string(error->at("code").as_string());
}

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Answer parse_answer(std::string_view bytes) {
  Answer answer;
  const std::size_t end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.") || end == std::string_view::npos)
    throw std::runtime_error("no answer: \"" + std::string(bytes) + "\"");
  std::from_chars(bytes.data() + 9, bytes.data() + 12, answer.status);
  answer.body = bytes.substr(end + 4);
  std::string_view head = bytes.substr(0, end);
  while (head.find("\r\n") != std::string_view::npos) {
    head.remove_prefix(head.find("\r\n") + 2);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t colon = line.find(':');
    answer.headers.emplace(lower(std::string(line.substr(0, colon))), line.substr(colon + 2));
  }
  return answer;
}

Asked get(std::string path, std::vector<std::string> headers) {
  return {.path = std::move(path), .headers = std::move(headers)};
}

Asked post(std::string path, std::string body, std::vector<std::string> headers) {
  headers.emplace_back("Content-Type: application/json");
  return {"POST", std::move(path), std::move(headers), std::move(body)};
}

std::string request_text(const Asked& asked, bool keep) {
  std::string text = asked.method + " " + asked.path + " HTTP/1.1\r\n";
  bool host = false;
  for (const auto& header : asked.headers) {
    text += header + "\r\n";
    host = host || header.starts_with("Host:");
  }
  if (!host) text += "Host: localhost\r\n";
  if (!keep) text += "Connection: close\r\n";
  if (!asked.body.empty()) text += "Content-Length: " + std::to_string(asked.body.size()) + "\r\n";
  return text + "\r\n" + asked.body;
}

void Serving::start() {
  auto started = http::Server::start(settings, sources);
  if (!started) throw std::runtime_error(started.error());
  server = *std::move(started);
}

Answer Serving::ask(const Asked& asked) const {
  testing::PlainSocket socket(port());
  socket.send(request_text(asked));
  return parse_answer(socket.read_to_end());
}

std::uint16_t Serving::port() const {
  const std::string& address = server->addresses().front();
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

std::string Serving::csrf() const {
  return "X-Lockkeeper-CSRF: " + std::string(json("/api/v1/status").at("csrf").as_string());
}

}  // namespace lockkeeper::test
