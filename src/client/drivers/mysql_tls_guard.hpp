// Ends the one thing that libmariadb cannot do without blocking: its TLS handshake.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include <lockkeeper/connection.hpp>

namespace lockkeeper::client::mysql {

/// Shuts a socket down at the deadline unless it is destroyed before: whoever blocks on it goes on and fails.
class TlsGuard {
 public:
  TlsGuard(int socket, Deadline deadline);
  TlsGuard(const TlsGuard&) = delete;
  TlsGuard& operator=(const TlsGuard&) = delete;
  ~TlsGuard();

 private:
  void watch(Deadline deadline);

  int socket_;  // Our own descriptor of it: the number of libmariadb's may belong to another file by then.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace lockkeeper::client::mysql
