// One client that speaks MySQL's protocol, from its first byte to its last: in session mode, with one server connection
// of its own. The server's greeting is the first word of a login, so the client has that connection before it has said
// who it is, and the place for it is asked for by the server alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/task.hpp"
#include "proxy/auth/secret.hpp"
#include "proxy/client.hpp"
#include "proxy/config_route.hpp"
#include "proxy/mysql/errors.hpp"
#include "proxy/mysql/flow.hpp"
#include "proxy/mysql/login_relay.hpp"
#include "track/mysql/session.hpp"

namespace lockkeeper::proxy {

class MysqlClient final : public Client {
 public:
  /// `server`: of [mysql.NAME].
  MysqlClient(Worker& worker, pool::ClientId id, std::unique_ptr<io::Socket> socket, std::string server);
  MysqlClient(const MysqlClient&) = delete;
  MysqlClient& operator=(const MysqlClient&) = delete;
  ~MysqlClient() override;

  void start() override;
  void terminate() override { close(mysql_errors::killed, "Connection was killed by an administrator of the proxy"); }

  [[nodiscard]] bool logged_in() const noexcept override { return session_ != nullptr; }
  [[nodiscard]] Standing standing() const override;
  [[nodiscard]] model::RecordedClient recorded() const override;
  [[nodiscard]] std::optional<console::ServerView> own_server() const override;

 private:
  friend struct MysqlClientSide;
  friend struct MysqlServerSide;
  enum class Phase : std::uint8_t { idle, busy, idle_in_transaction, unknown };

  io::Task<> run();

  // The login: client_login.cpp. Each false where the client is over; it has been told why.
  struct Login {
    explicit Login(LoginRelaySettings settings) : relay(std::move(settings)) {}
    Login(const Login&) = delete;
    Login& operator=(const Login&) = delete;
    ~Login() { wipe(from_client); }  // There may be a password in it.
    LoginRelay relay;
    std::string from_client;
    std::string from_server;
  };
  io::Task<bool> log_in();
  io::Task<bool> wait_for_place();
  io::Task<bool> connect();
  io::Task<bool> relay_login();
  [[nodiscard]] bool take_from_server();
  [[nodiscard]] bool take_from_client();
  [[nodiscard]] bool carry_out(LoginRelayStep step);
  [[nodiscard]] bool identified();
  [[nodiscard]] bool server_failed(const io::IoError& error);
  [[nodiscard]] bool refuse(MysqlError error, std::string_view message);
  void begin_session();

  // The relay: client_relay.cpp
  io::Task<> relay();
  void pump();
  void from_client();
  void from_server();
  void note(const track::mysql::Step& step);
  void note_phase();
  [[nodiscard]] io::TimePoint next_deadline() const;
  void check_deadlines();
  void check_ends();

  /// Ends it with an error, where one can be said; its transaction is rolled back.
  void close(MysqlError error, std::string_view message);
  void lost_server();
  /// The server connection goes, and what is open there is rolled back.
  void leave(model::TransactionEnd end);

  const std::string server_name_;
  std::shared_ptr<const RouteSettings> route_;
  std::optional<pool::ServerId> place_;
  std::optional<std::string> counted_user_;  // Towards max_user_connections: who logged in, whoever it is since.
  std::unique_ptr<io::Socket> server_;
  std::string server_endpoint_;  // Our end of it, as the server sees it.
  bool server_tls_ = false;
  bool legs_differ_ = false;  // One is encrypted, and the other is not.
  std::int64_t connection_id_ = 0;
  model::WallTime connected_at_;

  std::unique_ptr<Login> login_;
  std::unique_ptr<track::mysql::Session> session_;
  MysqlFlow inbound_;
  MysqlFlow outbound_;
  std::uint8_t last_sequence_ = 0xff;  // Of either direction: an error of ours comes next.

  Phase phase_ = Phase::idle;
  io::TimePoint phase_since_;
  io::TimePoint transaction_since_ = io::TimePoint::max();
  bool answered_ = false;
  bool said_goodbye_ = false;
  io::Task<> task_;
};

}  // namespace lockkeeper::proxy
