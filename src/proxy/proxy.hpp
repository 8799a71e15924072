// The proxy: workers, pools and clients behind one object that is started, asked, reloaded and stopped.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnosis.hpp"
#include "model/recording.hpp"
#include "proxy/config.hpp"
#include "proxy/config_reload.hpp"
#include "proxy/orphan.hpp"

namespace lockkeeper::proxy {

enum class LogLevel;

/// One line, without a line end. Called on any thread.
using Log = std::function<void(LogLevel, std::string_view)>;

/// Thread-safe.
class Proxy {
 public:
  /// Listens and runs. The error is a sentence that says what to do.
  [[nodiscard]] static std::expected<std::unique_ptr<Proxy>, std::string> start(const Config& config, Log log);
  /// Cuts what is left.
  ~Proxy();

  /// Where clients may connect: "127.0.0.1:6432", in the configuration's order, with the port that was taken.
  [[nodiscard]] std::vector<std::string> addresses() const;
  /// Likewise for clients of MySQL and MariaDB.
  [[nodiscard]] std::vector<std::string> mysql_addresses() const;
  /// "io_uring" or "epoll".
  [[nodiscard]] std::string_view backend() const;

  /// As of now; what a worker does not tell within the timeout is missing, and then `facts_lost` is at least 1.
  [[nodiscard]] model::Recording recording(std::chrono::milliseconds timeout) const;

  /// What was concluded, for the console's SHOW FINDINGS.
  void publish(model::Diagnosis diagnosis);

  /// Whether somebody waits on the console for a dump (SHOW RECORDING); `give_dump` soon then, or not at all.
  [[nodiscard]] bool wants_dump() const;
  /// To all who have asked until now. Lines, each with its end.
  void give_dump(std::string lines);

  /// Whether many clients have left since it last said so, and no more are leaving now: the time to give memory back.
  [[nodiscard]] bool crowd_has_left();

  /// What could be applied is; the plan says which settings wait for a restart.
  [[nodiscard]] std::expected<ReloadPlan, std::string> reload(const Config& config);

  /// What RELOAD on the console does: reads the configuration again and gives it to `reload`. An error's text, or
  /// empty. Called on a worker's thread, until this object ends: see Shared::reload.
  void on_reload(std::function<std::string()> what);

  /// Who is told of sessions that go on without their clients, until this object ends. Called on a worker's thread:
  /// must not wait.
  void on_orphan(OnOrphan what);

  /// Takes no new clients and ends those that are idle; the others end as they become so. Returns whether all went
  /// within `timeout`, or `enough` said so.
  bool drain(std::chrono::milliseconds timeout, const std::function<bool()>& enough);

  /// Ends a client by the id that recordings give it. False: there is none.
  [[nodiscard]] bool close_client(std::uint64_t id, std::chrono::milliseconds timeout);

  /// How many clients somebody has ended on the console.
  [[nodiscard]] std::uint64_t clients_ended_on_console() const;

 private:
  struct Body;
  explicit Proxy(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace lockkeeper::proxy
