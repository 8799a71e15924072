// Which of the recorder's clients is behind a session of a snapshot whose sessions are named for them.
#pragma once

#include <cstdint>
#include <map>

#include "report/board_json.hpp"

namespace lockkeeper::report {

/// What is seen must outlive it.
class SeenClients {
 public:
  explicit SeenClients(const Seen& seen);

  /// The client, or nullptr.
  [[nodiscard]] const model::RecordedClient* of(const model::Session& session) const;

 private:
  std::multimap<std::int64_t, const model::RecordedClient*> by_pid_;
};

}  // namespace lockkeeper::report
