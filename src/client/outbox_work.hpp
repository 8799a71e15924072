// What a relay does in the database: look, claim, record. Each call is one short use of one connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <lockkeeper/outbox.hpp>

#include "client/outbox_plan.hpp"
#include "client/outbox_sql.hpp"

namespace lockkeeper::client {

/// Messages that a relay has taken, in order of id.
struct OutboxClaim {
  std::string token;
  std::vector<OutboxMessage> messages;
  RelayClock::time_point expires;  ///< By our clock, a little before the database's.
  std::size_t taken_again = 0;
};

/// The end of one attempt.
struct OutboxEnd {
  NextStep step = NextStep::deliver_no_more;
  std::int64_t id = 0;
  std::string token = {};
  std::chrono::milliseconds pause{0};  ///< Before a retry.
  std::string error = {};
};

/// Made per thread. All throw Failure.
class OutboxWork {
 public:
  OutboxWork(Database& db, const OutboxRelaySettings& settings) : db_(db), settings_(settings) {}

  /// What could be claimed now; at most a batch.
  [[nodiscard]] std::vector<OutboxCandidate> look();
  /// Those of the candidates that nobody else has taken meanwhile.
  [[nodiscard]] OutboxClaim claim(const std::vector<OutboxCandidate>& candidates);
  /// False: somebody else has decided meanwhile.
  bool bury_expired(const OutboxCandidate& candidate, const std::string& error);
  /// Writes it, by the deadline. False where the claim was lost; what was delivered is recorded all the same.
  bool record(const OutboxEnd& end, Deadline deadline);
  void release(const std::string& token, const std::vector<std::int64_t>& ids, Deadline deadline);

 private:
  Rows run(const std::function<std::string(const OutboxSql&)>& sql, const std::vector<Parameter>& parameters,
           Deadline deadline);
  [[nodiscard]] const OutboxSql& sql_for(Engine engine);

  Database& db_;
  const OutboxRelaySettings& settings_;
  std::optional<OutboxSql> sql_;  // The engine is known once there was a connection.
};

}  // namespace lockkeeper::client
