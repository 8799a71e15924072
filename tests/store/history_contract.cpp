#include "store/history_contract.hpp"

#include <chrono>
#include <stdexcept>

namespace lockkeeper::testing {
namespace {

template <class Value>
Value expected(store::Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

}  // namespace

void HistoryContract::append(const model::HistoryBatch& batch) { expected(history_->append(batch, soon())); }
model::HistoryWindow HistoryContract::read(const model::HistoryQuery& query) {
  return expected(history_->read(query, soon()));
}
model::HistoryWindow HistoryContract::read_all() { return read(everything()); }
store::Trimmed HistoryContract::trim(model::WallTime now, const store::Retention& retention) {
  return expected(history_->trim(now, retention, soon()));
}

model::WallTime at_second(double seconds) {
  using namespace std::chrono_literals;
  const auto whole = std::chrono::sys_days(2026y / 11 / 22) + 5h;
  return whole + std::chrono::round<model::Duration>(std::chrono::duration<double>(seconds));
}

model::HistoryQuery everything() {
  const model::Duration far = std::chrono::days(400);
  return {
      .from = at_second(0) - far, .to = at_second(0) + far, .step = std::chrono::seconds(1), .most_periods = 100'000};
}

model::ConnectionSample sample_at(double seconds, std::int64_t clients, const std::string& server) {
  return {.at = at_second(seconds),
          .server = server,
          .clients = clients,
          .active = clients / 2,
          .idle = 1,
          .idle_in_transaction = 2,
          .aborted = 3,
          .waiting = 4,
          .queued = 5,
          .usable = 97};
}

model::HistoryFinding finding_seen(double first, double last, const std::string& id) {
  return {.server = "main",
          .id = model::FindingId(id),
          .rule = model::RuleId("idle-transaction"),
          .severity = model::Severity::warning,
          .confidence = model::Confidence::certain,
          .title = "1 transaction is idle",
          .count = 1,
          .first_seen = at_second(first),
          .last_seen = at_second(last),
          .json = R"({"id": "x"})"};
}

model::HistoryAction action_at(double seconds, const std::string& server) {
  return {.at = at_second(seconds),
          .server = server,
          .actor = "ops",
          .action = "terminate",
          .finding = "idle-1",
          .session = "4711@2026-11-22T05:02:22.123456Z",
          .outcome = "terminated",
          .reason = "it asked for it",
          .json = R"({"a": 1})"};
}

model::HistoryTransaction transaction_between(double started, double ended, const std::string& server) {
  return {.server = server,
          .ended_at = at_second(ended),
          .started_at = at_second(started),
          .application = "checkout",
          .user = "app",
          .database = "shop",
          .end = "rolled_back",
          .why_kept = model::KeptBecause::leaked,
          .statements = 7,
          .busy = std::chrono::microseconds(1'234'567),
          .idle = std::chrono::microseconds(7),
          .rows_written = 3,
          .json = "[]"};
}

model::HistoryShape shape_of(const std::string& key, const std::string& state, double updated,
                             const std::string& server) {
  return {.server = server, .key = key, .state = state, .updated_at = at_second(updated)};
}

}  // namespace lockkeeper::testing
