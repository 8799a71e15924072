// One TLS connection as a machine between bytes and bytes; it knows no socket.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <vector>

#include "io/error.hpp"
#include "io/socket.hpp"

namespace lockkeeper::io {

class OpenSslContext;

class TlsSink {
 public:
  virtual void encrypted(Bytes bytes) = 0;  ///< To be sent.

 protected:
  ~TlsSink() = default;
};

class TlsSession {
 public:
  enum class Result { bytes, more, closed, failed };  ///< more: it needs what the peer sends next.

  [[nodiscard]] static std::unique_ptr<TlsSession> start(const OpenSslContext& context, const std::string& host,
                                                         std::string where);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  /// Who takes the encrypted bytes; must be set before anything else is called.
  void set_sink(TlsSink& sink) noexcept { sink_ = &sink; }

  /// Gives it what has come from the peer, not copied: see keep_rest. What was taken before must be used up.
  void take(Bytes raw) noexcept {
    kept_.clear();
    input_ = raw;
  }
  [[nodiscard]] bool has_input() const noexcept { return !input_.empty(); }
  /// Copies what of it has not been used, because its buffer is about to be used for something else.
  void keep_rest();
  void transport_ended(IoError end) { transport_end_ = std::move(end); }
  [[nodiscard]] const std::optional<IoError>& transport_end() const noexcept { return transport_end_; }

  [[nodiscard]] Result shake_hands();
  [[nodiscard]] bool established() const noexcept { return established_; }
  [[nodiscard]] Result read(std::span<std::byte> into, std::size_t& count);
  /// Before the handshake is over they wait; bounded by what an owner sends without looking at `unsent`.
  [[nodiscard]] Result write(Bytes plain);
  [[nodiscard]] Result write_waiting();
  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return waiting_.size(); }
  void close_notify();

  /// After `closed` or `failed`.
  [[nodiscard]] const IoError& ended() const noexcept { return *ended_; }
  /// What it means that the transport ended now, without a close_notify.
  [[nodiscard]] IoError ended_early() const;

 private:
  struct Methods;
  TlsSession(const OpenSslContext& context, std::string where);
  void name_host(const OpenSslContext& context, const std::string& host);
  [[nodiscard]] Result judge(int returned);
  [[nodiscard]] std::string explain() const;

  SSL* ssl_;
  TlsSink* sink_ = nullptr;
  Bytes input_;
  std::vector<std::byte> kept_;  // input_ is a part of it, if it is not empty.
  std::vector<std::byte> waiting_;
  bool established_ = false;
  bool close_notify_sent_ = false;
  std::string where_;
  bool failed_ = false;
  std::optional<IoError> ended_;
  std::optional<IoError> transport_end_;
};

}  // namespace lockkeeper::io
