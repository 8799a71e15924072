// `lockkeeper run` as a child, with a configuration file, asked over HTTP.
#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "http/serving.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {

/// A daemon and its folder, which outlives it: it may be started again with another configuration. Used from one
/// thread at a time.
class RunningDaemon {
 public:
  /// The folder's files: "lockkeeper.toml", "audit.jsonl", "history.sqlite", "log".
  [[nodiscard]] std::filesystem::path file(std::string_view name) const { return folder_.path() / name; }

  /// Writes the configuration. `[http]` and `[history]` are added.
  void configure(const std::string& text);

  /// Returns once HTTP is served; throws with the log. `environment`: "NAME=value", beside that of all children.
  void start(const std::vector<std::string>& environment = {});
  /// SIGTERM, and waits for the end.
  void stop();
  void signal(int number) { process_->signal(number); }
  [[nodiscard]] bool running() { return process_ != nullptr && !process_->has_ended(); }

  [[nodiscard]] std::string log() const;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }  ///< Of HTTP.
  /// PostgreSQL's, database postgres, where the proxy listens; throws where it does not.
  [[nodiscard]] std::string recorder_url(const std::string& user, const std::string& application) const;
  [[nodiscard]] test::Answer ask(const test::Asked& asked) const;
  [[nodiscard]] boost::json::value json(const std::string& path) const { return ask(test::get(path)).json(); }
  /// Whether a finding of that rule is open on the server.
  [[nodiscard]] bool finds(const std::string& server, std::string_view rule) const;
  /// The lines of the audit.
  [[nodiscard]] std::vector<boost::json::object> audit() const;

  /// Asks until it holds; throws with the log where it does not.
  void until(const std::function<bool()>& holds, std::string_view what) const;

 private:
  TemporaryFolder folder_;
  std::unique_ptr<SupervisedProcess> process_;
  std::uint16_t port_ = 0;
};

}  // namespace lockkeeper::testing
