// A blocking connection on loopback that carries wire messages: for the tests of the logins alone.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "support/loopback.hpp"
#include "wire/postgres/frame.hpp"

namespace lockkeeper::testing {

/// Every wait has the harness's patience, then std::runtime_error; so has every other failure.
class AuthLink {
 public:
  explicit AuthLink(int handle) : handle_(handle) {}
  [[nodiscard]] static AuthLink connect(std::uint16_t port);
  AuthLink(AuthLink&& other) noexcept : handle_(std::exchange(other.handle_, -1)), buffer_(std::move(other.buffer_)) {}
  AuthLink& operator=(AuthLink&&) = delete;
  ~AuthLink();

  void send(std::string_view bytes);
  struct Frame {
    char type = 0;
    std::string body;
  };
  [[nodiscard]] Frame message();
  /// A start-up packet, whole.
  [[nodiscard]] std::string startup();

 private:
  [[nodiscard]] std::string take(std::size_t size);
  void wait(short events) const;

  int handle_;
  std::string buffer_;
};

/// Listens on a free port of loopback.
class AuthListener {
 public:
  [[nodiscard]] std::uint16_t port() const noexcept { return listener_.port(); }
  [[nodiscard]] AuthLink accept();

 private:
  LoopbackListener listener_{8};
};

}  // namespace lockkeeper::testing
