// All of the daemon but the proxy itself: looks, history, deeds, HTTP. The proxy goes on whatever happens here.
#pragma once

#include <chrono>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <lockkeeper/driver.hpp>

#include "app_logs.hpp"
#include "cli/request.hpp"
#include "collectors.hpp"
#include "deeds.hpp"
#include "diagnose/board.hpp"
#include "diagnose/chronicle.hpp"
#include "diagnose/watch.hpp"
#include "http/alerts.hpp"
#include "http/server.hpp"
#include "proxy/config.hpp"
#include "proxy/proxy.hpp"
#include "report/daemon_metrics.hpp"
#include "servers.hpp"
#include "store/history_writer.hpp"

namespace lockkeeper {

class Service {
 public:
  /// `running`: nullptr where there is no proxy; it and the collectors must outlive the service. The error: all that
  /// keeps it from starting, one a line.
  [[nodiscard]] static std::expected<std::unique_ptr<Service>, std::string> start(const cli::RunRequest& request,
                                                                                  const proxy::Config& config,
                                                                                  const Collectors& collectors,
                                                                                  proxy::Proxy* running);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  /// Looks and deeds under way are finished, within their timeouts; the history writes what is left for some seconds.
  ~Service();

  /// Where HTTP is served.
  [[nodiscard]] const std::vector<std::string>& http_addresses() const noexcept;

  /// Takes over what may change at a reload.
  void reload(const proxy::Config& config);

 private:
  /// What one server's watch keeps between its looks. Of its thread alone.
  struct Desk;

  Service(const cli::RunRequest& request, const proxy::Config& config, const Collectors& collectors,
          proxy::Proxy* running);
  [[nodiscard]] std::string open_history();
  [[nodiscard]] std::string open_http();
  void watch(const WatchedServer& server);
  [[nodiscard]] diagnose::RecordingSource recording_of(const WatchedServer& server) const;
  void before_look(const Desk& desk, diagnose::Conductor& conductor);
  void after_look(Desk& desk, const diagnose::View& view, diagnose::Conductor& conductor);
  void publish(const diagnose::View& view);
  void give_dump(const diagnose::View& view);
  void keep_shapes(Desk& desk, const diagnose::Conductor& conductor);
  void after_deed(const std::string& server, const std::string& actor, const model::ActionReport& report);
  [[nodiscard]] report::DaemonCounts counts() const;
  [[nodiscard]] std::vector<std::string> not_ready() const;
  [[nodiscard]] std::optional<std::string> read_history(const http::HistoryQuestion& question) const;

  const cli::RunRequest& request_;
  const proxy::Config config_;
  const Collectors& collectors_;
  proxy::Proxy* const running_;
  const model::WallTime started_at_;
  const std::vector<WatchedServer> servers_;
  const std::unique_ptr<Driver> sqlite_;
  diagnose::Board board_;
  std::map<std::string, std::vector<model::HistoryShape>> learnt_;  // before the start
  std::unique_ptr<store::HistoryWriter> history_;
  std::mutex ending_mutex_;
  std::map<std::string, std::vector<model::SessionId>> ending_;  // by us, since their server's last look
  mutable std::mutex actions_mutex_;
  std::map<std::string, report::ActionCounts> actions_;  // by server
  std::unique_ptr<WatchedAppLogs> app_logs_;             // nullptr: there are none
  std::vector<http::StaticFile> dashboard_;
  std::unique_ptr<http::Alerts> alerts_;
  std::unique_ptr<Deeds> deeds_;
  std::unique_ptr<http::Server> http_;
  std::mutex published_mutex_;
  std::map<std::string, model::Diagnosis> published_;  // of the servers that the proxy stands before
  std::vector<std::unique_ptr<Desk>> desks_;
  std::vector<std::unique_ptr<diagnose::Watch>> watches_;  // last: they use all the rest
};

}  // namespace lockkeeper
