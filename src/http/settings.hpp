// What whoever runs the server decides, and where everything it shows comes from.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/board.hpp"
#include "model/diagnosis.hpp"
#include "model/time.hpp"
#include "report/daemon_metrics.hpp"
#include "report/options.hpp"

namespace lockkeeper::http {

/// Everything that a client may take of us; the defaults are for people and one or two monitoring systems.
struct HttpLimits {
  std::size_t connections = 256;                ///< Each takes a file and some KiB; a browser opens six.
  std::size_t header = std::size_t{16} << 10U;  ///< Of one request; browsers send less than 2 KiB.
  std::size_t body = std::size_t{256} << 10U;   ///< A kill names its targets, in 150 bytes each: 1,700.
  std::size_t streams = 32;                     ///< Each is told of every look: pages left open by a team.
  std::size_t stream_events = 256;              ///< What one that does not keep up may leave unread before it is cut.
  std::size_t jobs = 16;                        ///< Questions to the history and actions that wait for their turn.
  std::chrono::milliseconds idle{60'000};       ///< A kept connection without a request.
  std::chrono::milliseconds request{10'000};    ///< From a request's first byte to its last: who drips is cut.
  std::chrono::milliseconds write{30'000};      ///< For an answer, or for a stream's next events.
  std::chrono::milliseconds job{300'000};       ///< For a job's answer: ending many sessions takes its time.
  std::chrono::milliseconds heartbeat{15'000};  ///< Between two comments of a silent stream: proxies cut after 30 s.
  std::chrono::milliseconds watch{100};         ///< Between two looks at the board's version.
};

struct HttpSettings {
  std::vector<std::string> listen = {};  ///< "127.0.0.1:9190", "[::1]:9190", "localhost:9190"; port 0 takes a free one.
  std::string token = {};                ///< Empty: none, on loopback alone. Else at least 16 characters.
  std::vector<std::string> host_names = {};  ///< By which it may be called, besides the addresses and localhost.
  bool actions = false;                      ///< Whether a kill may be carried out.
  HttpLimits limits = {};
};

struct HistoryQuestion {
  std::string server;
  model::WallTime from;
  model::WallTime to;
};

/// A file of the dashboard, built into the program. What it names is never freed.
struct StaticFile {
  std::string_view path;  ///< "/index.html", "/assets/index-3f2a.js"
  std::string_view content_type;
  std::string_view bytes;
  std::string_view etag;  ///< With its quotes.
};

/// Functions are called on the server's own threads: the first two and `counts` on its loop, and must return at once;
/// `history` and `act` one at a time on a thread of their own. None may throw; if one does, the answer is 500.
struct Sources {
  const diagnose::Board* board = nullptr;  ///< Must outlive the server.
  std::function<model::WallTime()> clock = {};
  std::function<std::vector<std::string>()> not_ready = {};  ///< What is missing, one sentence each; none: ready.
  /// The JSON of `lockkeeper history --json`; nullopt: no such server in it. Left empty: no history is kept.
  std::function<std::optional<std::string>(const HistoryQuestion&)> history = {};
  /// What is counted beside the views, for /metrics. Called on the loop.
  std::function<report::DaemonCounts()> counts = {};
  /// Takes a fresh look and acts, for a server of the board. Left empty: there is nothing to act with.
  std::function<model::ActionReport(const std::string& server, const diagnose::ActionRequest&)> act = {};
  std::filesystem::path audit = {};  ///< Shown, and given to `act` with each request. Empty: none.
  std::span<const StaticFile> files = {};
  std::string version = {};      ///< Of this build.
  report::Options options = {};  ///< With which findings name commands.
};

}  // namespace lockkeeper::http
