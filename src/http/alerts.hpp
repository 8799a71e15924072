// Posts findings to webhooks as they come, change and go.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "diagnose/board.hpp"
#include "http/post.hpp"
#include "model/finding.hpp"
#include "report/daemon_metrics.hpp"
#include "report/options.hpp"

namespace lockkeeper::http {

struct AlertTarget {
  std::string name;  ///< As in the configuration: [alerts.NAME].
  PostUrl url;
  std::string token;  ///< Sent as a bearer token; empty: none.
  model::Severity min_severity = model::Severity::warning;
  std::vector<std::string> servers;  ///< Empty: all.

  friend bool operator==(const AlertTarget&, const AlertTarget&) = default;
};

struct AlertLimits {
  std::chrono::milliseconds post{10'000};        ///< For one request and its answer.
  std::chrono::milliseconds give_up{300'000};    ///< After so long a piece of news is old.
  std::chrono::milliseconds first_pause{1'000};  ///< Between two attempts; doubled until the longest.
  std::chrono::milliseconds longest_pause{60'000};
  std::size_t most_waiting = 1'000;  ///< News a receiver; beyond that the oldest are dropped.
};

/// Thread-safe; a thread for each receiver, so that none waits for another's. News of one receiver go in order.
class Alerts {
 public:
  /// `is_error`: something was not told. Called on any thread.
  using Log = std::function<void(bool is_error, const std::string& text)>;

  Alerts(AlertLimits limits, report::Options options, Log log);
  Alerts(const Alerts&) = delete;
  Alerts& operator=(const Alerts&) = delete;
  /// What waits is dropped, and counted in the log.
  ~Alerts();

  /// From now on these. One that is as before keeps what it knows and what waits.
  void set_targets(const std::vector<AlertTarget>& targets);

  /// After each look of each server. Never waits for a receiver.
  void look(const diagnose::View& view);

  /// Of the receivers that there are now, by name.
  [[nodiscard]] std::vector<report::AlertCounts> counts();

 private:
  class Receiver;
  AlertLimits limits_;
  report::Options options_;
  Log log_;
  base::Mutex mutex_;
  std::vector<std::unique_ptr<Receiver>> receivers_ LK_GUARDED_BY(mutex_);
};

/// What is posted.
[[nodiscard]] std::string alert_json(const std::string& alert, const std::string& server, const std::string& url,
                                     const std::string& change, const model::Finding& finding, model::WallTime at,
                                     const report::Options& options);

}  // namespace lockkeeper::http
