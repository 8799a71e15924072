// Who waits for whom, as the HTTP API names them. Included by .cpp files alone.
#pragma once

#include <boost/json.hpp>

#include <map>
#include <string>
#include <vector>

#include "report/board_json.hpp"

namespace lockkeeper::report {

/// "4711@2026-...", or "gid:NAME" of a prepared transaction.
[[nodiscard]] std::string key_of(const model::Holder& holder);

/// {"key", "prepared", "queued"} of everybody whom the wait is for: those who hold, and who stands before it in the
/// queue (queued).
[[nodiscard]] boost::json::array holders(const model::Wait& wait);

/// When the snapshot was taken, by its clock, or null.
[[nodiscard]] boost::json::value observed_at(const Seen& seen);

/// A snapshot's waits by their waiters. The snapshot must outlive it.
class WaitsOf {
 public:
  explicit WaitsOf(const model::Snapshot& snapshot) {
    for (const auto& wait : snapshot.waits) waits_[wait.waiter].push_back(&wait);
  }

  [[nodiscard]] std::vector<const model::Wait*> of(const model::SessionId& waiter) const {
    const auto found = waits_.find(waiter);
    return found == waits_.end() ? std::vector<const model::Wait*>{} : found->second;
  }

 private:
  std::map<model::SessionId, std::vector<const model::Wait*>> waits_;
};

}  // namespace lockkeeper::report
