// Which servers the daemon looks at, and what of the recorder's knowledge belongs to each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/request.hpp"
#include "proxy/config.hpp"

namespace lockkeeper {

struct WatchedServer {
  std::string name;
  std::string url;           ///< With its password. Empty: nobody looks, the recorder alone knows of it.
  std::string address;       ///< "db.example:5432", as the proxy names it; empty: whatever no other one claims.
  bool is_recorded = false;  ///< The proxy may stand before it.
};

/// In the order of their names, the URL's or the recorder's own first.
[[nodiscard]] std::vector<WatchedServer> watched_servers(const cli::RunRequest& request, const proxy::Config& config);

/// The URL with this password, where it has none itself.
[[nodiscard]] std::string with_password(std::string_view url, std::string_view password);

/// "db.example:5432" of a URL; the engine's port where it names none. Of several hosts the first; empty: a Unix socket.
[[nodiscard]] std::string address_in(std::string_view url);

}  // namespace lockkeeper
