// Who may ask what. Pure: a request in, why not out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace lockkeeper::http {

/// What a server expects of who asks.
struct AccessRules {
  std::string token;    ///< Empty: nobody needs one.
  std::string session;  ///< The value of the cookie that a login gives: made anew at each start.
  std::string csrf;
  std::vector<std::string> addresses;   ///< Listened on, without port: "127.0.0.1", "::1".
  bool every_address = false;           ///< A wildcard is listened on.
  std::vector<std::string> host_names;  ///< In lower case.
};

/// Takes as long for each wrong guess of the same length, wherever it differs.
[[nodiscard]] bool same_secret(std::string_view given, std::string_view expected);

/// A new secret of 128 random bits, in hexadecimal.
[[nodiscard]] std::string random_secret();

/// "[::1]:9190" as "::1", "LOCALHOST:80" as "localhost"; nullopt where it is no authority.
[[nodiscard]] std::optional<std::string> host_without_port(std::string_view authority);

/// The cookie's value, or nothing.
[[nodiscard]] std::string_view cookie_value(std::string_view header, std::string_view name);

inline constexpr std::string_view session_cookie = "lockkeeper_session";

/// By which name it was asked: 421 where that is not one of ours, so that no other name leads here.
[[nodiscard]] std::optional<Response> wrong_host(const AccessRules& rules, const Request& request);

/// 401 where a token is needed and was not given.
[[nodiscard]] std::optional<Response> no_token(const AccessRules& rules, const Request& request);

/// Whether a page of another origin may have sent it: 403, or 415 where it is not JSON, as only our own page can ask
/// for.
[[nodiscard]] std::optional<Response> foreign_page(const Request& request);

/// 403 without the value that only somebody who may read the status knows.
[[nodiscard]] std::optional<Response> no_csrf(const AccessRules& rules, const Request& request);

}  // namespace lockkeeper::http
