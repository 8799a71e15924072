// One client of the proxy as its worker and those who look see it, whatever protocol it speaks; and what all of them
// have in common.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/loop.hpp"
#include "io/task.hpp"
#include "model/recording.hpp"
#include "proxy/console/view.hpp"
#include "proxy/pool/actions.hpp"
#include "proxy/pool/ids.hpp"
#include "proxy/shared.hpp"

namespace lockkeeper::proxy {

class Worker;

/// How a client stands; its transaction's record is much more to copy.
struct Standing {
  model::ClientState state = model::ClientState::idle;
  model::WallTime state_since;
  std::optional<pool::ServerId> server;
  bool in_transaction = false;
};

/// Belongs to its worker's thread.
class Client {
 public:
  Client(Worker& worker, pool::ClientId id, std::unique_ptr<io::Socket> socket);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client();

  virtual void start() = 0;

  // --- From the worker ---
  void given(const pool::Give& give);  ///< What it was waiting for.
  void failed(const pool::Fail& fail);
  /// A cancel request with its key has come, where its protocol has such keys. `until_done`: see Worker::cancel.
  virtual void cancel(std::shared_ptr<void> /*until_done*/) {}
  /// The cancel request that this connection brought.
  virtual void cancel_taken() {}
  /// By an administrator: ends it with an error; its transaction is rolled back.
  virtual void terminate() = 0;
  /// The proxy is being shut down: ends as soon as nothing is open.
  void drain();

  // --- For those who look ---
  [[nodiscard]] pool::ClientId id() const noexcept { return id_; }
  [[nodiscard]] pool::PoolId pool() const noexcept { return pool_; }
  /// nullptr: it has not said yet who it is.
  [[nodiscard]] const model::ClientIdentity* identity() const noexcept { return who_.get(); }
  [[nodiscard]] std::optional<io::TimePoint> waiting_since() const noexcept;
  [[nodiscard]] bool on_console() const noexcept { return on_console_; }
  [[nodiscard]] bool is_over() const noexcept { return over_; }
  /// Our end of its connection; empty once that is gone.
  [[nodiscard]] std::string local_address() const { return socket_ ? socket_->endpoints().local : std::string(); }
  [[nodiscard]] virtual bool logged_in() const noexcept = 0;
  [[nodiscard]] virtual Standing standing() const = 0;
  /// Only of who is logged in.
  [[nodiscard]] virtual model::RecordedClient recorded() const = 0;
  /// Where the server connection is the client's own, and no ServerHolder's: what it is.
  [[nodiscard]] virtual std::optional<console::ServerView> own_server() const { return std::nullopt; }

 protected:
  [[nodiscard]] bool waiting() const noexcept { return waiter_ != pool::WaiterId(); }
  /// A connection to a server, by the deadline; nullptr: the client has gone meanwhile. The socket wakes this client.
  io::Task<std::expected<std::unique_ptr<io::Socket>, io::IoError>> connect_to(io::Address address,
                                                                               io::TimePoint deadline);
  void wake_at(io::TimePoint when);  ///< TimePoint::max(): at no time.
  /// For the statistics: an answer to what was asked then, within a transaction that began then (max(): in none).
  void count_answer(io::TimePoint asked, io::TimePoint transaction_since, bool transaction_over);
  /// Nobody has it any more: over for the worker.
  void finish();
  /// Last words, and the end of the socket once they are sent.
  void say_goodbye_to(std::string_view bytes);

  Worker& worker_;
  const pool::ClientId id_;
  std::unique_ptr<io::Socket> socket_;
  io::Wakeup wakeup_;
  io::Timer timer_;
  std::shared_ptr<const Setup> setup_;
  std::shared_ptr<const model::ClientIdentity> who_;
  bool counted_ = false;  // Towards max_clients.

  pool::PoolId pool_;
  pool::WaiterId waiter_{};
  io::TimePoint waiting_since_;
  std::optional<pool::Give> give_;
  std::optional<pool::Fail> fail_;

  bool draining_ = false;
  bool on_console_ = false;
  bool over_ = false;
};

}  // namespace lockkeeper::proxy
