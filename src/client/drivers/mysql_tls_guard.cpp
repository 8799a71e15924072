#include "client/drivers/mysql_tls_guard.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lockkeeper::client::mysql {

TlsGuard::TlsGuard(int socket, Deadline deadline) : socket_(::fcntl(socket, F_DUPFD_CLOEXEC, 0)) {
  thread_ = std::thread([this, deadline] { watch(deadline); });
}

TlsGuard::~TlsGuard() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_one();
  thread_.join();
  if (socket_ >= 0) ::close(socket_);
}

void TlsGuard::watch(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_until(lock, deadline, [this] { return done_; })) return;
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

}  // namespace lockkeeper::client::mysql
