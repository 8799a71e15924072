// One connection to a server, from connecting to closing, on one worker's loop.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/loop.hpp"
#include "io/task.hpp"
#include "io/tls.hpp"
#include "model/session.hpp"
#include "proxy/auth/server_login.hpp"
#include "proxy/config.hpp"
#include "proxy/pool/actions.hpp"
#include "proxy/pool/ids.hpp"
#include "track/postgres/server.hpp"

namespace lockkeeper::proxy {

/// Our end of a connection as the server's views write it: "127.0.0.1:41234", "::1:41234", "local socket".
[[nodiscard]] std::string as_the_server_sees(const io::Endpoints& endpoints);

/// For people: what a server has answered to the request for TLS, where that is not "S" alone.
[[nodiscard]] std::string why_no_tls(std::string_view answer, const io::Address& server);

/// What it takes to reach a server and to log in there.
struct ServerTarget {
  io::Address address;
  ServerTlsMode tls_mode = ServerTlsMode::prefer;
  std::shared_ptr<const io::TlsContext> tls;
  Credentials credentials;
  std::vector<std::pair<std::string, std::string>> startup;  ///< user, database and what else the packet says.
  std::chrono::milliseconds timeout{15'000};
  std::size_t most_prepared = 200;
};

/// What a connection is, apart from its socket: moves with it from worker to worker.
struct ServerFacts {
  explicit ServerFacts(std::size_t most_prepared) : state(most_prepared) {}

  track::postgres::Server state;
  model::SessionId session;  ///< The server's pid, and when we had connected.
  std::string secret;        ///< For cancelling.
  io::Address address;
  std::string local_endpoint;
  bool tls = false;
};

/// Why a connection was not to be had; for clients to be told.
using Refused = pool::ConnectFailure;

/// Brings up a connection: a task of its own while it lasts, and then a socket with facts. Belongs to its loop's
/// thread.
class ServerLoginTask {
 public:
  ServerLoginTask(io::Loop& loop, ServerTarget target)
      : loop_(loop), target_(std::move(target)), wakeup_(loop), timer_(loop, wakeup_) {}

  struct Ready {
    std::unique_ptr<io::Socket> socket;
    std::unique_ptr<ServerFacts> facts;
  };
  /// To be awaited once. The deadline is the target's timeout from now.
  [[nodiscard]] io::Task<std::expected<Ready, Refused>> run();

  /// What SCRAM learned: spares the next login its work.
  [[nodiscard]] std::optional<ScramKeys> learned() const { return learned_; }

 private:
  using Failed = std::optional<Refused>;

  [[nodiscard]] io::Task<Failed> connect();
  [[nodiscard]] io::Task<Failed> negotiate_tls();
  [[nodiscard]] io::Task<Failed> log_in();
  /// Waits for a whole message; its body is `body_` until the next call.
  [[nodiscard]] io::Task<Failed> next_message();
  [[nodiscard]] io::Task<Failed> more();
  [[nodiscard]] Failed take_greeting(char type);
  [[nodiscard]] Refused lost(const io::IoError& error) const;
  [[nodiscard]] Refused late() const;

  io::Loop& loop_;
  ServerTarget target_;
  io::Wakeup wakeup_;
  io::Timer timer_;
  io::TimePoint deadline_;
  std::unique_ptr<io::Socket> socket_;
  std::unique_ptr<ServerFacts> facts_;
  std::optional<ScramKeys> learned_;
  std::string received_;
  char type_ = 0;
  std::string body_;
};

}  // namespace lockkeeper::proxy
