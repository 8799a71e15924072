// One client of the proxy, from its first byte to its last, and a moment longer where its server connection has to be
// cleaned.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/loop.hpp"
#include "io/task.hpp"
#include "model/recording.hpp"
#include "proxy/config_route.hpp"
#include "proxy/flow.hpp"
#include "proxy/pool/actions.hpp"
#include "proxy/pool/ids.hpp"

#include "proxy/server_holder.hpp"
#include "proxy/shared.hpp"
#include "track/postgres/session.hpp"

namespace lockkeeper::proxy {

class Worker;

/// Belongs to its worker's thread.
class Client {
 public:
  Client(Worker& worker, pool::ClientId id, std::unique_ptr<io::Socket> socket);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  void start();

  // --- From the worker ---
  void given(const pool::Give& give);  ///< What it was waiting for.
  void failed(const pool::Fail& fail);
  /// A cancel request with its key has come. `until_done`: see Worker::cancel.
  void cancel(std::shared_ptr<void> until_done);
  void cancel_taken();  ///< The cancel request that this connection brought.
  /// Ends it with a FATAL error; its transaction is rolled back.
  void close(std::string_view sqlstate, std::string_view message);
  void drain();  ///< The proxy is being shut down: ends as soon as nothing is open.

  [[nodiscard]] pool::ClientId id() const noexcept { return id_; }
  [[nodiscard]] bool logged_in() const noexcept { return session_ != nullptr; }
  [[nodiscard]] pool::PoolId pool() const noexcept { return pool_; }
  [[nodiscard]] const model::ClientIdentity* identity() const noexcept { return who_.get(); }
  [[nodiscard]] const ServerHolder* server() const noexcept { return server_; }
  [[nodiscard]] std::optional<io::TimePoint> waiting_since() const noexcept;
  [[nodiscard]] model::RecordedClient recorded() const;
  /// nullptr: not logged in, or on the console.
  [[nodiscard]] const track::postgres::Session* session() const noexcept { return session_.get(); }
  [[nodiscard]] bool on_console() const noexcept { return on_console_; }
  [[nodiscard]] bool is_over() const noexcept { return over_; }
  /// Our end of its connection; empty once that is gone.
  [[nodiscard]] std::string local_address() const { return socket_ ? socket_->endpoints().local : std::string(); }

 private:
  friend struct ClientSide;
  friend struct ServerSide;
  friend class ConsoleTask;
  enum class Phase : std::uint8_t { idle, waiting, busy, idle_in_transaction };
  using Startup = wire::postgres::Startup;

  io::Task<> run();

  // The login: client_login.cpp. Each false where the client is over; it has been told why.
  io::Task<bool> log_in();
  io::Task<bool> read_startup();
  io::Task<bool> answer_tls();
  io::Task<> pass_cancel_on(std::uint32_t pid, std::string secret);
  [[nodiscard]] bool take_startup(const Startup& startup);
  [[nodiscard]] bool refuse(std::string_view sqlstate, std::string_view message);
  io::Task<bool> authenticate();
  io::Task<bool> enter_transaction_mode();
  io::Task<bool> enter_session_mode();
  io::Task<bool> wait_for_server();
  io::Task<bool> more(std::size_t size);  ///< Until so many bytes are in `received_`.
  void greet(const track::postgres::Parameters& parameters);
  void begin_session();
  [[nodiscard]] ServerTarget target_for(const Credentials& credentials) const;
  [[nodiscard]] PoolKey pool_key() const;

  // Session mode with the server's own authentication: client_pass_through.cpp
  io::Task<bool> pass_through();
  io::Task<bool> connect_for_pass_through(std::unique_ptr<io::Socket>& socket, bool& tls);
  [[nodiscard]] bool relay_login_from_client(std::string& to_server);
  [[nodiscard]] bool relay_login_from_server(ServerFacts& facts, std::string& received, bool& ready);
  [[nodiscard]] std::optional<std::string> login_message_for_client(ServerFacts& facts, char type,
                                                                    std::string_view body);

  // The console: client_console.cpp
  io::Task<bool> enter_console();

  // The relay: client_relay.cpp
  io::Task<> relay();
  void pump();
  void take_answers();
  void from_client();
  void from_server();
  [[nodiscard]] bool get_server();
  [[nodiscard]] bool link_given();
  void link(ServerHolder& server);
  void unlink_and_release();
  void send_output();
  void note_phase();
  [[nodiscard]] io::TimePoint next_deadline() const;
  void arm_timer();
  void check_deadlines();
  void check_ends();
  [[nodiscard]] bool waiting() const noexcept { return waiter_ != pool::WaiterId(); }
  /// The request that waits for a server connection is answered by an error, and the client goes on.
  void refuse_request(std::string_view sqlstate, std::string_view message);
  void retry_inbound();
  void after_inbound();

  // Endings: client_end.cpp
  void vanish();
  void lost_server();
  void finish_abandoned();
  void give_up_server();
  void say_goodbye_to(std::string_view bytes);
  [[nodiscard]] bool over() const noexcept { return over_; }

  Worker& worker_;
  const pool::ClientId id_;
  std::unique_ptr<io::Socket> socket_;
  io::Wakeup wakeup_;
  io::Timer timer_;
  std::shared_ptr<const Setup> setup_;
  std::shared_ptr<const model::ClientIdentity> who_;

  /// What only the login needs: thousands of clients do nothing but stay.
  struct Login {
    std::string received;
    std::string startup_bytes;  ///< The start-up packet, as it came.
    std::string startup_key;
    std::string negotiation;  ///< NegotiateProtocolVersion, where the client asked for more than there is.
    std::map<std::string, std::string, std::less<>> asked;  ///< What the start-up packet sets and follows the client.
    std::optional<Credentials> credentials;
  };
  std::unique_ptr<Login> login_ = std::make_unique<Login>();
  std::uint16_t minor_ = 0;
  std::uint32_t cancel_pid_ = 0;
  bool counted_ = false;

  // The session.
  std::shared_ptr<const RouteSettings> route_;  // Empty until the start-up packet is read.
  pool::PoolId pool_;
  std::unique_ptr<track::postgres::Session> session_;
  ServerHolder* server_ = nullptr;
  Flow inbound_;
  Flow outbound_;
  track::postgres::Output out_;
  pool::WaiterId waiter_{};
  io::TimePoint waiting_since_;
  std::optional<pool::Give> give_;
  std::optional<pool::Fail> fail_;

  Phase phase_ = Phase::idle;
  io::TimePoint phase_since_;
  io::TimePoint transaction_since_ = io::TimePoint::max();
  io::TimePoint abandon_deadline_ = io::TimePoint::max();
  /// How the client is to be ended once what came before is passed on; without a code: it said goodbye. "-": without a
  /// word.
  struct Ending {
    std::string sqlstate;
    std::string message;
  };
  std::optional<Ending> ending_;
  std::string_view broken_;  // Not empty: why the server connection must not be used again.
  model::TransactionEnd end_ = model::TransactionEnd::abandoned;  // Of a transaction that is open when it goes.
  bool said_goodbye_ = false;                                     // In order: what it asked for before is still done.
  bool answered_ = false;
  bool released_ = false;
  bool server_ends_ = false;
  bool cancel_taken_ = false;
  bool cancelled_ = false;  // A cancel of ours is under way (query_timeout).
  bool dropping_ = false;   // A request was refused in the middle of a pipeline: all is dropped until its Sync.
  bool draining_ = false;
  bool on_console_ = false;
  bool over_ = false;
  io::Task<> task_;
};

}  // namespace lockkeeper::proxy
