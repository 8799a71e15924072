#include "proxy/config_url_mysql_parts.hpp"

#include <algorithm>
#include <charconv>

#include "proxy/config_url_parts.hpp"

namespace lockkeeper::proxy {
namespace {

constexpr std::string_view not_encoded =
    "the URL cannot be read: is a special character of the password not percent-encoded, like @ (%40), / (%2F) or ? "
    "(%3F)?";
constexpr std::string_view no_place =
    "the URL's host and port cannot be read: write host, host:port or [address]:port, with a port from 1 to 65535";

// Up to the first of the separators; the rest keeps its separator.
std::string_view take_until(std::string_view& text, std::string_view separators) {
  const std::size_t end = std::min(text.find_first_of(separators), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

std::string canonical(std::string text) {
  for (char& letter : text) {
    if (letter == '_') letter = '-';
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return text;
}

class UrlReader {
 public:
  std::expected<MysqlUrl, std::string> read(std::string_view rest) {
    std::string_view place = take_until(rest, "/?");
    if (const std::size_t at = place.find('@'); at != std::string_view::npos) {
      set_user(place.substr(0, at));
      place.remove_prefix(at + 1);
    }
    // One that is left belongs to a password, of which nobody can know where it ends.
    if (place.contains('@') || rest.contains('@')) return std::unexpected(std::string(not_encoded));
    set_place(place);
    if (rest.starts_with('/')) {
      rest.remove_prefix(1);
      const std::string_view database = take_until(rest, "?");
      if (database.contains('/')) complain(std::string(not_encoded));
      url_.database = decoded(database);
    }
    if (rest.starts_with('?')) set_options(rest.substr(1));
    if (!complaint_.empty()) return std::unexpected(std::move(complaint_));
    return std::move(url_);
  }

 private:
  void complain(std::string complaint) {
    if (complaint_.empty()) complaint_ = std::move(complaint);
  }

  std::string decoded(std::string_view text) {
    auto result = percent_decoded(text);
    if (result) return *std::move(result);
    complain(std::move(result.error()));
    return {};
  }

  void set_user(std::string_view who) {
    std::string user = decoded(take_until(who, ":"));
    if (!user.empty()) url_.user = std::move(user);
    if (!who.empty()) url_.password = decoded(who.substr(1));
  }

  void set_place(std::string_view place) {
    std::string_view host = place;
    if (place.starts_with('[')) {
      const std::size_t end = place.find(']');
      if (end == std::string_view::npos || end == 1) return complain(std::string(no_place));
      host = place.substr(1, end - 1);
      place.remove_prefix(end + 1);
    } else {
      host = take_until(place, ":");
    }
    if (host.contains(',')) return complain("the URL names several hosts; the proxy goes to one server, so name one");
    url_.host = decoded(host);
    if (!place.empty()) set_port(place);
  }

  void set_port(std::string_view text) {
    std::uint16_t port = 0;
    const bool has_colon = text.starts_with(':');
    text.remove_prefix(1);
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    if (!has_colon || error != std::errc() || stop != end || port == 0) return complain(std::string(no_place));
    url_.port = port;
  }

  void set_options(std::string_view query) {
    while (!query.empty()) {
      std::string_view option = take_until(query, "&");
      if (!query.empty()) query.remove_prefix(1);
      if (option.empty()) continue;
      std::string name = canonical(decoded(take_until(option, "=")));
      if (!option.empty()) option.remove_prefix(1);
      url_.options.emplace_back(std::move(name), decoded(option));
    }
  }

  MysqlUrl url_;
  std::string complaint_;
};

}  // namespace

std::expected<MysqlUrl, std::string> parse_mysql_url(std::string_view url) {
  if (url.size() > longest_url) return std::unexpected("the URL has more than 8192 bytes");
  if (url.contains('\0')) return std::unexpected("the URL holds a zero byte");
  return UrlReader().read(url.substr(url.find("://") + 3));
}

}  // namespace lockkeeper::proxy
