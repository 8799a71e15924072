#include "client/drivers/postgres_canceller.hpp"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <string>

#include "client/drivers/postgres_errors.hpp"

namespace lockkeeper::client {
namespace {

// libpq 15 has only the blocking PQcancel, which waits for ever for a server that hangs. So it runs on a thread of
// its own that is ended at the deadline: PQcancel is C, waits in connect and recv (both cancellation points) and
// holds nothing but a socket. That socket lives in the thread's private table of descriptors and goes with it.
struct CancelCall {
  explicit CancelCall(PGcancel* to_send) : request(to_send) {}

  PGcancel* request;
  std::array<char, 256> message{};
  std::mutex mutex;
  std::condition_variable done_changed;
  bool done = false;
  bool sent = false;
};

constexpr unsigned close_range_unshare = 1U << 1U;  // CLOSE_RANGE_UNSHARE, absent from Debian 12's <unistd.h>

extern "C" void* run_cancel(void* argument) {
  auto& call = *static_cast<CancelCall*>(argument);
  // Where the system forbids it, a server that hangs costs one descriptor; nothing else depends on it.
  ::syscall(SYS_close_range, 3U, ~0U, close_range_unshare);
  const bool sent = PQcancel(call.request, call.message.data(), static_cast<int>(call.message.size())) == 1;
  ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
  const std::lock_guard lock(call.mutex);
  call.sent = sent;
  call.done = true;
  call.done_changed.notify_one();
  return nullptr;
}

bool wait_until_done(CancelCall& call, Deadline deadline) {
  std::unique_lock lock(call.mutex);
  return call.done_changed.wait_until(lock, deadline, [&call] { return call.done; });
}

}  // namespace

Result<void> send_cancel(PGcancel* request, Deadline deadline) {
  CancelCall call(request);
  pthread_t thread{};
  if (::pthread_create(&thread, nullptr, run_cancel, &call) != 0) return std::unexpected(out_of_memory());
  const bool in_time = wait_until_done(call, deadline);
  if (!in_time) ::pthread_cancel(thread);
  ::pthread_join(thread, nullptr);
  if (call.sent) return {};
  if (!in_time) {
    return std::unexpected(
        Error{ErrorCode::deadline, "", "the server did not take the cancel request in time", Blast::statement});
  }
  return std::unexpected(Error{ErrorCode::unreachable, "", trimmed(call.message.data()), Blast::statement});
}

void PostgresCanceller::cancel(Deadline deadline) {
  if (!request_ || *closed_) {
    throw Failure({ErrorCode::connection_lost, "", "nothing to cancel: the connection is closed", Blast::connection});
  }
  if (const auto sent = send_cancel(request_.get(), deadline); !sent) throw Failure(sent.error());
}

}  // namespace lockkeeper::client
