// A server connection on its worker: being connected, idle under watch, or in a client's hands.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/loop.hpp"
#include "io/task.hpp"
#include "proxy/pool/ids.hpp"
#include "proxy/postgres/server_connection.hpp"

namespace lockkeeper::proxy {

class Client;
class Worker;

class ServerHolder {
 public:
  ServerHolder(Worker& worker, pool::ServerId id, pool::PoolId pool);
  ServerHolder(const ServerHolder&) = delete;
  ServerHolder& operator=(const ServerHolder&) = delete;
  ~ServerHolder();

  /// Connects, tells the pool, and watches it from then on while it is idle.
  void connect(ServerTarget target);
  /// Connected elsewhere: takes it over.
  void adopt(std::unique_ptr<io::Socket> socket, std::unique_ptr<ServerFacts> facts);

  void hold(Client& client, io::Wakeup& wakeup);
  /// Idle again, watched by ourselves.
  void let_go();
  /// While it is idle: the pool is told when it answers, and when it is gone; for how long it may be silent is the
  /// pool's business.
  void ask_for_life();
  [[nodiscard]] Client* holder() const noexcept { return holder_; }

  [[nodiscard]] pool::ServerId id() const noexcept { return id_; }
  [[nodiscard]] pool::PoolId pool() const noexcept { return pool_; }
  [[nodiscard]] io::Socket& socket() noexcept { return *socket_; }
  [[nodiscard]] bool connected() const noexcept { return socket_ != nullptr; }
  /// Whether a client may have it: connected, alive as far as is known, and not in the middle of saying something to
  /// nobody, of which the client would get the rest.
  [[nodiscard]] bool usable() const noexcept { return connected() && !socket_->ended() && unasked_.empty(); }
  [[nodiscard]] ServerFacts& facts() noexcept { return *facts_; }
  [[nodiscard]] std::unique_ptr<io::Socket> take_socket();
  [[nodiscard]] std::unique_ptr<ServerFacts> take_facts() { return std::move(facts_); }

  unsigned cancels = 0;        ///< Cancel requests under way to it.
  bool release_later = false;  ///< Given back, once those are done.
  bool cancel_lost =
      false;              ///< One was sent and not seen to be done: it may still hit whoever has the connection then.
  bool finished = false;  ///< To be destroyed when no task of it runs.
  model::WallTime connected_at;
  model::WallTime used_at;

 private:
  io::Task<> live(ServerTarget target);
  io::Task<> watch();
  /// False: it is of no use any more.
  [[nodiscard]] bool take_unasked();
  [[nodiscard]] bool take_unasked_message(char type, std::string_view body);

  Worker& worker_;
  pool::ServerId id_;
  pool::PoolId pool_;
  io::Wakeup wakeup_;
  std::unique_ptr<ServerLoginTask> login_;
  std::unique_ptr<io::Socket> socket_;
  std::unique_ptr<ServerFacts> facts_;
  std::string unasked_;  // The beginning of a message that nobody asked for.
  enum class Life : std::uint8_t { taken_for_granted, asked_for, shown };
  Life life_ = Life::taken_for_granted;
  Client* holder_ = nullptr;
  io::Task<> task_;
};

}  // namespace lockkeeper::proxy
