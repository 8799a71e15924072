// One client that speaks PostgreSQL's protocol, from its first byte to its last, and a moment longer where its server
// connection has to be cleaned.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/task.hpp"
#include "proxy/client.hpp"
#include "proxy/config_route.hpp"
#include "proxy/postgres/flow.hpp"
#include "proxy/postgres/server_holder.hpp"
#include "track/postgres/session.hpp"

namespace lockkeeper::proxy {

class PostgresClient final : public Client {
 public:
  PostgresClient(Worker& worker, pool::ClientId id, std::unique_ptr<io::Socket> socket);
  PostgresClient(const PostgresClient&) = delete;
  PostgresClient& operator=(const PostgresClient&) = delete;
  ~PostgresClient() override;

  void start() override;
  void cancel(std::shared_ptr<void> until_done) override;
  void cancel_taken() override;
  void terminate() override { close("57P01", "terminating connection due to administrator command"); }

  [[nodiscard]] bool logged_in() const noexcept override { return session_ != nullptr; }
  [[nodiscard]] Standing standing() const override;
  [[nodiscard]] model::RecordedClient recorded() const override;

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
  void check_deadlines();
  void check_ends();
  /// The request that waits for a server connection is answered by an error, and the client goes on.
  void refuse_request(std::string_view sqlstate, std::string_view message);
  void retry_inbound();
  void after_inbound();

  // Endings: client_end.cpp
  /// Ends it with a FATAL error; its transaction is rolled back.
  void close(std::string_view sqlstate, std::string_view message);
  void vanish();
  void lost_server();
  void finish_abandoned();
  void give_up_server();
  void pass_cancel();
  [[nodiscard]] bool over() const noexcept { return over_; }

  /// What only the login needs: thousands of clients do nothing but stay.
  struct Login {
    std::string received;
    std::string startup_bytes;  ///< The start-up packet, as it came.
    std::string startup_key;
    std::string negotiation;  ///< NegotiateProtocolVersion, where the client asked for more than there is.
    std::map<std::string, std::string, std::less<>> asked;  ///< What the start-up packet sets and follows the client.
    std::optional<Credentials> credentials;
    bool binding_hidden = false;  ///< Channel binding that the server has just offered.
  };
  std::unique_ptr<Login> login_ = std::make_unique<Login>();
  std::uint16_t minor_ = 0;
  std::uint32_t cancel_pid_ = 0;

  // The session.
  std::shared_ptr<const RouteSettings> route_;  // Empty until the start-up packet is read.
  std::unique_ptr<track::postgres::Session> session_;
  ServerHolder* server_ = nullptr;
  Flow inbound_;
  Flow outbound_;
  track::postgres::Output out_;

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
  std::optional<std::shared_ptr<void>> cancel_wanted_;  // Not sent yet; who holds the token is told when it is done.
  bool cancelled_ = false;                              // A cancel of ours is under way (query_timeout).
  bool dropping_ = false;  // A request was refused in the middle of a pipeline: all is dropped until its Sync.
  io::Task<> task_;
};

}  // namespace lockkeeper::proxy
