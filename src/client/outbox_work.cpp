#include "client/outbox_work.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "client/outbox_values.hpp"

namespace lockkeeper::client {
namespace {

std::vector<OutboxMessage> read_messages(const Rows& rows) {
  std::vector<OutboxMessage> messages;
  messages.reserve(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    messages.push_back({.id = detail::read_cell<std::int64_t>(rows, row, 0),
                        .topic = detail::read_cell<std::string>(rows, row, 1),
                        .key = detail::read_cell<std::string>(rows, row, 2),
                        .payload = detail::read_cell<std::string>(rows, row, 3),
                        .idempotency_key = detail::read_cell<std::string>(rows, row, 4),
                        .attempt = detail::read_cell<unsigned>(rows, row, 5) + 1,
                        .created_at = detail::read_cell<TimePoint>(rows, row, 6)});
  }
  return messages;
}

std::vector<std::int64_t> ids_of(const std::vector<OutboxCandidate>& candidates) {
  std::vector<std::int64_t> ids;
  ids.reserve(candidates.size());
  for (const OutboxCandidate& each : candidates) ids.push_back(each.id);
  return ids;
}

std::vector<std::int64_t> ids_of(const std::vector<OutboxMessage>& messages) {
  std::vector<std::int64_t> ids;
  ids.reserve(messages.size());
  for (const OutboxMessage& each : messages) ids.push_back(each.id);
  return ids;
}

void append_ids(std::vector<Parameter>& parameters, const std::vector<std::int64_t>& ids) {
  for (std::size_t i = 0; i < padded_ids(ids.size()); ++i) parameters.emplace_back(ids[std::min(i, ids.size() - 1)]);
}

// Only what keeps the order within its keys; the rest stays as it is, for whoever looks next.
void keep_in_order(std::vector<OutboxMessage>& messages, const std::vector<OutboxCandidate>& planned) {
  const std::vector<std::int64_t> kept = keep_order(planned, ids_of(messages));
  std::erase_if(messages, [&](const OutboxMessage& each) { return std::ranges::find(kept, each.id) == kept.end(); });
}

}  // namespace

const OutboxSql& OutboxWork::sql_for(Engine engine) {
  if (!sql_) sql_.emplace(engine, settings_.outbox.table());
  return *sql_;
}

Rows OutboxWork::run(const std::function<std::string(const OutboxSql&)>& sql, const std::vector<Parameter>& parameters,
                     Deadline deadline) {
  Lease lease = db_.pool().acquire({.deadline = deadline});
  return lease.run(sql(sql_for(lease.server().engine)), parameters, deadline);
}

std::vector<OutboxCandidate> OutboxWork::look() {
  const Deadline deadline = RelayClock::now() + settings_.database_timeout;
  Lease lease = db_.pool().acquire({.deadline = deadline});
  const OutboxSql& sql = sql_for(lease.server().engine);
  const Parameter now(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
  std::vector<Parameter> parameters;
  if (sql.binds_now()) parameters = {now, now};
  parameters.emplace_back(settings_.batch);
  const Rows rows = lease.run(sql.look(), parameters, deadline);
  lease.give_back();
  std::vector<OutboxCandidate> found;
  found.reserve(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found.push_back({.id = detail::read_cell<std::int64_t>(rows, row, 0),
                     .key = detail::read_cell<std::string>(rows, row, 1),
                     .attempts = detail::read_cell<unsigned>(rows, row, 2),
                     .was_claimed = detail::read_cell<int>(rows, row, 3) != 0});
  }
  return found;
}

OutboxClaim OutboxWork::claim(const std::vector<OutboxCandidate>& candidates) {
  // Read committed: the lock shows what is true now, and no gap is locked. Durable: this thread is in no transaction.
  const TransactionOptions options{.isolation = Isolation::read_committed,
                                   .timeout = settings_.database_timeout,
                                   .durable = true,
                                   .name = "outbox claim"};
  return db_.transact(options, [&](TransactionRef tx) {
    const OutboxSql& sql = sql_for(tx.engine());
    std::vector<Parameter> ids;
    append_ids(ids, ids_of(candidates));
    OutboxClaim claim;
    claim.token = new_uuid();
    claim.messages = read_messages(tx.run(sql.lock(ids.size()), ids));
    keep_in_order(claim.messages, candidates);
    claim.expires = RelayClock::now() + settings_.claim_time;
    if (claim.messages.empty()) return claim;
    std::vector<Parameter> parameters{Parameter(claim.token), Parameter(to_microseconds(settings_.claim_time))};
    append_ids(parameters, ids_of(claim.messages));
    tx.run(sql.claim(padded_ids(claim.messages.size())), parameters);
    if (candidates.front().was_claimed) claim.taken_again = claim.messages.size();
    return claim;
  });
}

bool OutboxWork::bury_expired(const OutboxCandidate& candidate, const std::string& error) {
  return run([](const OutboxSql& sql) { return sql.bury_expired(); }, {Parameter(error), Parameter(candidate.id)},
             RelayClock::now() + settings_.database_timeout)
             .affected() > 0;
}

bool OutboxWork::record(const OutboxEnd& end, Deadline deadline) {
  switch (end.step) {
    case NextStep::deliver_no_more:
      return run([](const OutboxSql& sql) { return sql.delivered(); }, {Parameter(end.id)}, deadline).affected() > 0;
    case NextStep::retry:
      return run([](const OutboxSql& sql) { return sql.retry(); },
                 {Parameter(to_microseconds(end.pause)), Parameter(end.error), Parameter(end.id), Parameter(end.token)},
                 deadline)
                 .affected() > 0;
    case NextStep::bury: break;
  }
  return run([](const OutboxSql& sql) { return sql.bury(); },
             {Parameter(end.error), Parameter(end.id), Parameter(end.token)}, deadline)
             .affected() > 0;
}

void OutboxWork::release(const std::string& token, const std::vector<std::int64_t>& ids, Deadline deadline) {
  if (ids.empty()) return;
  std::vector<Parameter> parameters{Parameter(token)};
  append_ids(parameters, ids);
  run([&](const OutboxSql& sql) { return sql.release(padded_ids(ids.size())); }, parameters, deadline);
}

}  // namespace lockkeeper::client
