// What is answered to a request: docs/http-api.md, endpoint by endpoint. Knows no socket.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "http/access.hpp"
#include "http/message.hpp"
#include "http/settings.hpp"

namespace lockkeeper::http {

/// Used by the loop's thread; what it gives as Work runs on the worker's. Must outlive that.
class Router {
 public:
  /// `metrics`: the text of a scrape, made on the loop's thread.
  Router(AccessRules access, bool actions, Sources sources, std::function<std::string()> metrics);

  /// Never throws for what was asked.
  [[nodiscard]] Reply answer(const Request& request);

  /// Actions that run stop before their next target.
  void interrupt() noexcept { interrupted_ = true; }

 private:
  [[nodiscard]] Reply dispatch(const Request& request);
  [[nodiscard]] Reply api(const Request& request);
  [[nodiscard]] Reply of_server(const Request& request);
  [[nodiscard]] Response status() const;
  [[nodiscard]] Response ready() const;
  [[nodiscard]] Response login(const Request& request) const;
  [[nodiscard]] Response transactions(const Request& request, const diagnose::View& view) const;
  [[nodiscard]] Response samples(const Request& request) const;
  [[nodiscard]] Reply history(const Request& request) const;
  [[nodiscard]] Reply audit(const Request& request) const;
  [[nodiscard]] Reply kill(const Request& request, const std::string& server);

  AccessRules access_;
  bool actions_;
  Sources sources_;
  std::function<std::string()> metrics_;
  model::WallTime started_at_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace lockkeeper::http
