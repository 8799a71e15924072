#include "client/drivers/mysql_call.hpp"

#include <dlfcn.h>
#include <sys/socket.h>

#include "client/drivers/socket_wait.hpp"

namespace lockkeeper::client::mysql {

bool wait_for_events(MYSQL* session, int events, Deadline deadline) {
  const Interest interest = (events & MYSQL_WAIT_READ) != 0 ? Interest::read : Interest::write;
  return wait_for_socket(mysql_get_socket(session), interest, deadline);
}

bool UntilDeadline::wait(MYSQL* session, int events) { return wait_for_events(session, events, deadline_); }

bool is_ready(MYSQL* session, int events) { return wait_for_events(session, events, Deadline::min()); }

// Looked up at run time: OpenSSL is libmariadb's business, and a libmariadb on GnuTLS has no such queue.
void forget_tls_errors() noexcept {
  using Clear = void (*)();
  static const auto clear = reinterpret_cast<Clear>(::dlsym(RTLD_DEFAULT, "ERR_clear_error"));
  if (clear != nullptr) clear();
}

void forget_tls_errors(MYSQL* session) noexcept {
  if (mysql_get_ssl_cipher(session) != nullptr) forget_tls_errors();
}

void cut_socket(MYSQL* session) noexcept {
  const int socket = mysql_get_socket(session);
  if (socket >= 0) ::shutdown(socket, SHUT_RDWR);
}

}  // namespace lockkeeper::client::mysql
