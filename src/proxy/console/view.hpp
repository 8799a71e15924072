// What the console shows, as plain values: gathered from all workers and pools by gather.hpp, made into rows by
// tables.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/diagnosis.hpp"
#include "model/recording.hpp"
#include "proxy/config.hpp"
#include "proxy/pool/counters.hpp"
#include "proxy/statistics.hpp"

namespace lockkeeper::proxy::console {

struct ClientView {
  std::uint64_t id = 0;
  std::string user;
  std::string database;
  std::string application;
  std::string address;        ///< Its end, "10.0.0.7:51234" or "unix:...".
  std::string local_address;  ///< Ours.
  bool tls = false;
  model::ClientState state = model::ClientState::idle;
  bool logging_in = false;
  model::WallTime connected_at;
  model::WallTime state_since;
  std::optional<model::Duration> waiting;  ///< For a server connection.
  std::optional<std::uint64_t> server;
};

struct ServerView {
  std::uint64_t id = 0;
  std::string user;
  std::string database;
  pool::ServerState state = pool::ServerState::idle;
  std::string address;
  std::string local_address;
  bool tls = false;
  std::int64_t pid = 0;
  model::WallTime connected_at;  ///< Connecting: since when.
  model::WallTime used_at;
  bool closes_on_release = false;
  std::optional<std::uint64_t> client;
  std::uint64_t prepared_statements = 0;
};

struct PoolView {
  std::string database;  ///< Or a server of [mysql.NAME], all of whose users are together.
  bool mysql = false;    ///< The latter.
  std::string user;
  bool session_mode = false;
  std::uint32_t size = 0;
  pool::PoolCounters counters;
  model::Duration oldest_wait{0};
  std::uint32_t clients = 0;  ///< Logged in, and not waiting.
  Statistics statistics;
};

/// What was asked for; the rest is empty.
struct View {
  model::WallTime now;
  model::Duration up{0};  ///< Since the proxy was started.
  Config config;          ///< In force now, not as of the console's login.
  std::vector<PoolView> pools;
  std::vector<ClientView> clients;
  std::vector<ServerView> servers;
  std::vector<model::RecordedClient> recorded;
  std::uint32_t client_count = 0;  ///< All that count towards max_clients.
  std::uint32_t logging_in = 0;    ///< Of these.
  std::uint32_t server_count = 0;
  std::shared_ptr<const model::Diagnosis> diagnosis;
  std::uint32_t silent_workers = 0;  ///< Who has not answered in time: their part is missing.
};

}  // namespace lockkeeper::proxy::console
