#include "http/target.hpp"

#include <utility>

namespace lockkeeper::http {
namespace {

std::optional<unsigned> hexadecimal(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A' + 10);
  return std::nullopt;
}

std::optional<char> escaped(std::string_view rest) {
  if (rest.size() < 3) return std::nullopt;
  const auto high = hexadecimal(rest[1]);
  const auto low = hexadecimal(rest[2]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(static_cast<unsigned char>(*high * 16 + *low));
}

bool control(char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; }

// Up to the separator, which goes too.
std::string_view next(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

std::optional<std::string> read_path(std::string_view path, std::vector<std::string>& segments) {
  if (path == "/") return std::nullopt;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    auto segment = percent_decoded(path.substr(0, end));
    if (!segment) return "its path is not properly percent-encoded";
    segments.push_back(*std::move(segment));
    if (segments.size() > most_segments) return "its path has too many parts";
    path.remove_prefix(end);
  }
  return std::nullopt;
}

std::optional<std::string> read_query(std::string_view query, Target& target) {
  while (!query.empty()) {
    std::string_view value = next(query, '&');
    const auto name = percent_decoded(next(value, '='), true);
    const auto decoded = percent_decoded(value, true);
    if (!name || !decoded) return "its query is not properly percent-encoded";
    target.query.emplace(*name, *decoded);
    if (target.query.size() > most_parameters) return "its query has too many parameters";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    char byte = text.front();
    std::size_t length = 1;
    if (byte == '%') {
      const auto decoded = escaped(text);
      if (!decoded) return std::nullopt;
      byte = *decoded;
      length = 3;
    } else if (byte == '+' && plus_is_space) {
      byte = ' ';
    }
    if (control(byte)) return std::nullopt;
    result.push_back(byte);
    text.remove_prefix(length);
  }
  return result;
}

std::expected<Target, std::string> parse_target(std::string_view text) {
  if (!text.starts_with('/')) return std::unexpected("it does not begin with a slash");
  Target target;
  const std::string_view path = next(text, '?');
  target.path = path;
  auto problem = read_path(path, target.segments);
  if (!problem) problem = read_query(text, target);
  if (problem) return std::unexpected(*std::move(problem));
  return target;
}

}  // namespace lockkeeper::http
