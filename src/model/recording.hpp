// What a recorder on the wire knows: its clients as they are, what each open transaction did, its pools, and what
// happened.
//
// Times are the recorder's wall clock. A client's server session is named by pid and by the address the recorder's own
// socket has there, which is what the server's views show as the session's client: so the two are joined without
// comparing clocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rare.hpp"
#include "model/fact.hpp"
#include "model/pool.hpp"
#include "model/time.hpp"
#include "model/transaction_record.hpp"

namespace lockkeeper::model {

enum class ClientState {
  idle,                    ///< Nothing open, nothing asked.
  active,                  ///< A statement runs, or its rows are on their way.
  idle_in_transaction,     ///< The server waits for the client's next statement.
  aborted_in_transaction,  ///< The same, and all it takes is a rollback.
  waiting,                 ///< It has asked, and there is no server connection for it yet.
};
[[nodiscard]] std::string_view to_string(ClientState state) noexcept;

/// A portal or cursor that was opened and neither read to its end nor closed.
struct OpenPortal {
  std::string name;  ///< Empty: the unnamed portal.
  StatementPtr statement;
  WallTime opened_at;
  std::int64_t rows = 0;  ///< Fetched so far.
};

/// The server connection a client holds.
struct HeldServer {
  SessionId session;           ///< started_at: when the recorder had connected it.
  std::string local_endpoint;  ///< "127.0.0.1:41234": the recorder's end, the server's client_addr and client_port.
  WallTime held_since;
};

/// Thousands of them are told every second, and most do nothing.
struct RecordedClient {
  std::shared_ptr<const ClientIdentity> who;
  ClientState state = ClientState::idle;
  WallTime state_since;
  base::Rare<HeldServer> server;
  std::vector<std::string> pins;  ///< Why the server connection stays with it outside transactions: "LISTEN", ...
  bool session_mode = false;      ///< It keeps its server connection until it leaves, pinned or not.
  StatementPtr statement;         ///< Running if active, else its last one in the open transaction. May be empty.
  std::optional<WallTime> statement_started_at;
  UnitId unit;  ///< From the statement's tags (traceparent); empty: none.
  base::Rare<TransactionRecord> transaction;
  std::vector<OpenPortal> portals;
  std::int64_t unread_bytes = 0;  ///< Answers that the client has not taken.
};

/// The recorder's own pool for one database and user.
struct RecordedPool {
  std::string server;    ///< As ClientIdentity::server.
  std::string database;  ///< Of MySQL and MariaDB the server's name: a pool is all its databases' and users'.
  std::string user;      ///< Empty there.
  bool session_mode = false;
  PoolGauges now;
  std::uint64_t queue_timeouts = 0;
  Duration queue_timeout{0};  ///< 0: none.
  WaitHistogram waits{};      ///< Of clients that had to wait, however that ended.
  Duration total_wait{0};
  WaitHistogram uses{};  ///< How long clients held a server connection, of those that do no more.
  Duration total_use{0};
};

struct Recording {
  std::string name;    ///< "127.0.0.1:6432": where its clients connect.
  std::string server;  ///< "127.0.0.1:5432": as in Server::name.
  WallTime taken_at;
  WallTime started_at;  ///< Of the recorder: earlier is unknown.
  std::vector<RecordedClient> clients;
  std::vector<RecordedPool> pools;
  std::vector<Fact> facts;  ///< Of the last while, oldest first; bounded.
  std::uint64_t facts_lost = 0;
};

/// What of a recording is about these servers: their clients, pools and facts. `is_wanted` is asked with
/// ClientIdentity::server, which is empty for what belongs to none.
[[nodiscard]] Recording part_of(Recording recording, const std::function<bool(const std::string&)>& is_wanted);

}  // namespace lockkeeper::model
