#include "client/drivers/mysql_handles.hpp"

#include <sys/socket.h>

#include <chrono>
#include <mutex>
#include <new>

#include "client/drivers/mysql_call.hpp"

namespace lockkeeper::client::mysql {
namespace {

// Of the coroutine that a suspended call waits on: room for OpenSSL's handshake, getaddrinfo and the loading of an
// authentication plugin, which libmariadb's own 60 KiB have not. Only what is touched costs memory.
constexpr std::size_t stack_bytes = 512UL * 1024;

constexpr std::chrono::milliseconds goodbye_time{100};

// mysql_init would do it too, but not safely from several threads.
void start_library() {
  static std::once_flag started;
  std::call_once(started, [] { mysql_library_init(0, nullptr, nullptr); });
}

}  // namespace

Handle Handle::make() {
  start_library();
  Handle handle;
  handle.session_ = mysql_init(nullptr);
  if (handle.session_ == nullptr) throw std::bad_alloc();
  if (mysql_options(handle.session_, MYSQL_OPT_NONBLOCK, &stack_bytes) != 0) throw std::bad_alloc();
  return handle;
}

void Handle::close() noexcept {
  MYSQL* session = std::exchange(session_, nullptr);
  if (session == nullptr) return;
  UntilDeadline waiter(std::chrono::steady_clock::now() + goodbye_time);
  // In time or not, libmariadb has freed the session when this returns.
  static_cast<void>(call(
      session, waiter, [session] { return mysql_close_start(session); },
      [session](int events) { return mysql_close_cont(session, events); }));
}

void Handle::cut() noexcept {
  MYSQL* session = std::exchange(session_, nullptr);
  if (session == nullptr) return;
  cut_socket(session);
  mysql_close(session);  // Its goodbye fails at once on a socket that is shut down.
}

}  // namespace lockkeeper::client::mysql
