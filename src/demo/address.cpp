#include "demo/address.hpp"

#include <fmt/format.h>

namespace lockkeeper::demo {
namespace {

// What is before the separator, which goes too; nothing, and `text` as it was, where there is none.
std::string cut(std::string_view& text, std::string_view separator) {
  const auto end = text.find(separator);
  if (end == std::string_view::npos) return {};
  std::string before(text.substr(0, end));
  text.remove_prefix(end + separator.size());
  return before;
}

}  // namespace

std::string Address::url() const {
  return fmt::format("{}://{}{}{}@{}/{}", scheme, user, password.empty() ? "" : ":", password, server, database);
}

Address address_of(std::string_view url) {
  Address address;
  address.scheme = cut(url, "://");
  std::string login = cut(url, "@");
  const auto colon = login.find(':');
  address.user = login.substr(0, colon);
  if (colon != std::string::npos) address.password = login.substr(colon + 1);
  const auto slash = url.find('/');
  address.server = url.substr(0, slash);
  if (slash != std::string_view::npos) address.database = url.substr(slash + 1, url.find('?', slash) - slash - 1);
  return address;
}

}  // namespace lockkeeper::demo
