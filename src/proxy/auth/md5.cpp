#include "proxy/auth/md5.hpp"

#include <fmt/format.h>

#include "proxy/auth/crypto.hpp"

namespace lockkeeper::proxy {
namespace {

constexpr std::string_view prefix = "md5";

std::optional<std::string> tagged(std::string first, std::string_view second) {
  first += second;
  auto hex = md5_hex(first);
  wipe(first);
  if (!hex) return std::nullopt;
  return fmt::format("{}{}", prefix, *hex);
}

}  // namespace

bool is_md5_hash(std::string_view text) noexcept {
  return text.starts_with(prefix) && text.size() == prefix.size() + 32 &&
         text.find_first_not_of("0123456789abcdefABCDEF", prefix.size()) == std::string_view::npos;
}

std::optional<std::string> md5_hash(std::string_view password, std::string_view user) {
  std::string text;
  text.reserve(password.size() + user.size());  // so that appending leaves no copy of the password behind
  text += password;
  return tagged(std::move(text), user);
}

std::optional<std::string> md5_response(std::string_view hash, std::string_view salt) {
  if (!is_md5_hash(hash)) return std::nullopt;
  return tagged(std::string(hash.substr(prefix.size())), salt);
}

}  // namespace lockkeeper::proxy
