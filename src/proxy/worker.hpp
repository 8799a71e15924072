// One thread of the proxy: its loop, its clients, and the server connections that live on it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "io/loop.hpp"
#include "io/task.hpp"
#include "model/recording.hpp"
#include "proxy/client.hpp"
#include "proxy/postgres/server_holder.hpp"
#include "proxy/shared.hpp"
#include "proxy/statistics.hpp"
#include "track/mysql/session.hpp"
#include "track/postgres/session.hpp"

namespace lockkeeper::proxy {

/// Everything but `post`, `stop` and the PoolEvents belongs to the worker's own thread.
class Worker final : public PoolEvents {
 public:
  Worker(Shared& shared, std::uint32_t number, std::unique_ptr<io::Loop> loop);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() override;

  /// Before `start`. The port that was taken, or why none.
  /// `server`: of [mysql.NAME], whose clients these will be; empty: PostgreSQL's, and the console's.
  [[nodiscard]] std::expected<std::uint16_t, io::IoError> listen(const io::Address& address, bool reuse_port,
                                                                 const std::string& server = {});
  void start();
  void stop();  ///< Ends the thread; clients and servers are cut.

  // PoolEvents: on any thread.
  void give(const pool::Give& give) override;
  void fail(const pool::Fail& fail) override;
  void connect(const pool::Connect& connect) override;
  void check(const pool::Check& check) override;
  void close(const pool::Close& close) override;

  /// Runs `work` on this worker's thread.
  void post(std::function<void()> work) { loop_->post(std::move(work)); }
  void tick_at(pool::TimePoint when);  ///< Worker 0 alone: any thread.

  // --- For clients, on this thread ---
  [[nodiscard]] Shared& shared() noexcept { return shared_; }
  [[nodiscard]] io::Loop& loop() noexcept { return *loop_; }
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] model::WallTime wall_now() const;
  /// Prepared statements are those of one pool: types and tables of one database, in the eyes of one user.
  [[nodiscard]] track::postgres::Shared tracking(pool::PoolId pool) {
    return {statements_, prepared_.try_emplace(pool.value(), number_).first->second, facts_};
  }
  [[nodiscard]] track::mysql::Shared mysql_tracking() noexcept { return {mysql_statements_, facts_}; }
  [[nodiscard]] ServerHolder* server(pool::ServerId id);
  /// A connection that a client has made by itself, in session mode.
  ServerHolder& keep(std::unique_ptr<ServerHolder> server);
  /// The client is done with it, and it is clean.
  void release(ServerHolder& server);
  /// It is of no use any more: closed, and the pool told.
  void drop(ServerHolder& server);
  /// Sends a cancel request to its server; it is not given to anybody until that is done.
  /// `until_done` is let go of once the server has taken it.
  void cancel(ServerHolder& server, std::shared_ptr<void> until_done = nullptr);
  /// Tells `asker` when it is done: the server has taken it, or there is nothing to cancel.
  void cancel_requested(std::uint32_t pid, const std::string& secret, pool::ClientId asker);
  void client_over(Client& client);
  [[nodiscard]] Client* client(pool::ClientId id);
  [[nodiscard]] Statistics& statistics(pool::PoolId pool);
  /// As `route_settings`, one for all clients of a user and database. Empty: there is none.
  [[nodiscard]] std::shared_ptr<const RouteSettings> route(const std::shared_ptr<const Setup>& setup,
                                                           std::string_view database, std::string_view user);
  /// As `mysql_route_settings`, likewise.
  [[nodiscard]] std::shared_ptr<const RouteSettings> mysql_route(const std::shared_ptr<const Setup>& setup,
                                                                 std::string_view server, std::string_view user);
  void hand_out_facts() {
    if (!facts_.empty()) shared_.facts.add(facts_, loop_->now());
  }
  [[nodiscard]] std::vector<model::RecordedClient> recorded() const;
  void for_each_client(const std::function<void(Client&)>& what);
  void for_each_server(const std::function<void(ServerHolder&)>& what);
  [[nodiscard]] const std::unordered_map<std::uint32_t, Statistics>& all_statistics() const noexcept {
    return statistics_;
  }
  void log(LogLevel level, std::string_view text) const { shared_.log(level, text); }
  void begin_drain();

 private:
  struct Door {
    std::unique_ptr<io::Wakeup> wakeup;
    std::unique_ptr<io::Listener> listener;
    std::string server;
    io::Task<> task;
  };
  struct CancelTask;
  using Routes = std::map<std::pair<std::string, std::string>, std::shared_ptr<const RouteSettings>>;
  using FindRoute = std::optional<RouteSettings> (*)(const Config&, std::string_view, std::string_view);

  [[nodiscard]] bool on_own_thread() const noexcept { return std::this_thread::get_id() == thread_.get_id(); }
  /// Now where this is the worker's thread, else soon.
  template <class Work>
  void here(Work work);
  io::Task<> accept_clients(Door& door);
  [[nodiscard]] std::shared_ptr<const RouteSettings> remembered(const std::shared_ptr<const Setup>& setup,
                                                                Routes& routes, std::string_view name,
                                                                std::string_view user, FindRoute find);
  io::Task<> reap();
  io::Task<> tick();
  void given(const pool::Give& give);
  void move_to(const pool::Give& give);
  void arrived(const pool::Give& give, std::unique_ptr<io::Socket> socket, std::unique_ptr<ServerFacts> facts);
  void close_server(const pool::Close& close);

  Shared& shared_;
  const std::uint32_t number_;
  std::unique_ptr<io::Loop> loop_;
  std::thread thread_;
  track::postgres::StatementCache statements_;
  std::unordered_map<std::uint32_t, track::postgres::PreparedRegistry> prepared_;
  track::mysql::StatementCache mysql_statements_;
  track::postgres::Facts facts_;
  std::unordered_map<std::uint32_t, Statistics> statistics_;  // None is ever taken out.
  Statistics* asked_statistics_ = nullptr;
  pool::PoolId asked_pool_{};
  std::vector<std::unique_ptr<Door>> doors_;
  std::unordered_map<pool::ServerId, std::unique_ptr<ServerHolder>> servers_;
  std::unordered_map<pool::ClientId, std::unique_ptr<Client>> clients_;
  std::shared_ptr<const Setup> routes_of_;
  Routes routes_;
  Routes mysql_routes_;
  std::vector<std::unique_ptr<CancelTask>> cancels_;
  std::vector<Client*> over_;
  std::uint64_t last_client_ = 0;
  io::Wakeup reap_wakeup_;
  io::Task<> reaper_;
  io::Wakeup tick_wakeup_;
  io::Timer tick_timer_;
  io::Task<> ticker_;
  mutable io::TimePoint wall_read_at_{};  // Long ago.
  mutable model::WallTime wall_;
  mutable io::TimePoint wall_at_{};
  mutable model::WallTime wall_now_;
  bool draining_ = false;
  std::shared_ptr<Worker*> alive_ = std::make_shared<Worker*>(this);  // For what may be let go of after us.
};

}  // namespace lockkeeper::proxy
