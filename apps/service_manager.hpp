// What systemd is told, where it has started us with Type=notify: sd_notify(3)'s protocol. Elsewhere nothing.
#pragma once

namespace lockkeeper::service_manager {

/// Clients may come.
void ready();
/// We are ending, and may take a while.
void stopping();

/// The configuration is being read, until this goes.
class Reloading {
 public:
  Reloading();
  Reloading(const Reloading&) = delete;
  Reloading& operator=(const Reloading&) = delete;
  ~Reloading();
};

}  // namespace lockkeeper::service_manager
