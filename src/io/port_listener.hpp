// A listening socket of either backend: readiness from the loop, one system call a connection.
#pragma once

#include "io/addresses.hpp"
#include "io/loop_core.hpp"

namespace lockkeeper::io {

class PortListener final : public Listener, private Watcher {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<Listener>, IoError> open(LoopCore& core, const Address& address,
                                                                              Wakeup& wakeup, bool reuse_port);
  PortListener(LoopCore& core, int descriptor, std::string unix_path, Wakeup& wakeup);
  PortListener(const PortListener&) = delete;
  PortListener& operator=(const PortListener&) = delete;
  ~PortListener() override;

  [[nodiscard]] std::unique_ptr<Socket> accept() override;
  void pause(bool on) override;
  [[nodiscard]] std::uint16_t port() const noexcept override { return local_.port(); }
  [[nodiscard]] const std::optional<IoError>& shortage() const noexcept override { return shortage_; }

 private:
  void ready() noexcept override;
  [[nodiscard]] std::unique_ptr<Socket> make_socket(int descriptor, const SocketAddress& peer);
  void accept_failed(int error);

  LoopCore& core_;
  int descriptor_;
  std::string unix_path_;  // Removed at the end; empty for a port.
  SocketAddress local_;
  Wakeup& wakeup_;
  Timer retry_;
  bool paused_ = false;
  std::optional<IoError> shortage_;
  std::unique_ptr<Watch> watch_;
};

}  // namespace lockkeeper::io
