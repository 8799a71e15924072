// The objects of the HTTP API (docs/http-api.md) out of what is known of a server now. All return one line without a
// newline; text that is not UTF-8 is mended with U+FFFD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/diagnosis.hpp"
#include "model/gap_shape.hpp"
#include "model/history.hpp"
#include "model/recording.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::report {

/// What was seen of one server at the last look; both outlive the call. nullptr: there was none.
struct Seen {
  const model::Snapshot* snapshot = nullptr;  ///< What the rules saw: sessions are named for the recorder's clients.
  const model::Recording* recording = nullptr;
};

/// Somebody whom others wait for and who waits for nobody. The parts outlive it.
struct RootOf {
  const model::Holder& holder;
  const std::vector<model::SessionId>& behind;
  const std::vector<model::SessionId>& freed;
  model::Duration longest_wait{};
};

/// One line of the status: a server by its name in URLs.
struct ServerOf {
  const std::string& name;
  const model::Diagnosis& diagnosis;
  bool recorder = false;
};

struct Status {
  std::string version;
  model::WallTime started_at;
  model::WallTime now;
  bool actions = false;
  std::string csrf;
  bool history = false;
  std::vector<ServerOf> servers;
};

[[nodiscard]] std::string status_json(const Status& status);
[[nodiscard]] std::string sessions_json(const Seen& seen);
/// Which transactions, and how much of what they ran: of thousands, all of it would be megabytes.
struct TransactionsAsked {
  std::size_t lines = std::numeric_limits<std::size_t>::max();  ///< Of each at most so many, the last ones.
  std::string key = {};                                         ///< This one alone; empty: all.
};
[[nodiscard]] std::string transactions_json(const Seen& seen, const TransactionsAsked& asked = {});
[[nodiscard]] std::string waits_json(const Seen& seen, std::span<const RootOf> roots,
                                     const std::vector<std::vector<model::SessionId>>& rings);
[[nodiscard]] std::string pools_json(const Seen& seen);
[[nodiscard]] std::string shapes_json(const Seen& seen, std::span<const model::ShapeSummary> shapes);
[[nodiscard]] std::string samples_json(std::span<const model::ConnectionSample> samples);

/// The data of the stream's events.
[[nodiscard]] std::string look_event_json(const std::string& server, std::uint64_t version,
                                          const std::optional<model::ConnectionSample>& sample,
                                          const std::vector<model::Finding>& findings);
[[nodiscard]] std::string finding_event_json(const std::string& server, const std::string& change,
                                             const model::Finding& finding);

/// {"error": {"code", "message", "advice"}}
[[nodiscard]] std::string error_json(const model::LookFailure& error);

/// {"entries": [...]}: each line as it is where it is a JSON object, else {"unreadable": its beginning}.
[[nodiscard]] std::string audit_json(std::span<const std::string> lines);

}  // namespace lockkeeper::report
