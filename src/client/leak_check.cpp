#include <lockkeeper/leak_check.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "client/texts.hpp"

namespace lockkeeper {
namespace {

using Clock = std::chrono::steady_clock;

void append_leases(std::string& text, const std::vector<LeaseRecord>& leases) {
  if (leases.empty()) return;
  text += fmt::format("pool \"{}\": {} left behind\n", leases.front().pool,
                      leases.size() == 1 ? "a lease was" : fmt::format("{} leases were", leases.size()));
  const Clock::time_point now = Clock::now();
  for (const LeaseRecord& lease : leases) {
    text += fmt::format("  {}{}\n", lease.in_transaction ? "with its transaction: " : "", client::describe(lease, now));
  }
}

void append_count(std::string& text, std::uint64_t count, std::string_view one, std::string_view many,
                  std::string_view what) {
  if (count == 0) return;
  text += count == 1 ? std::string(one) : fmt::format("{} {}", count, many);
  text += ' ';
  text += what;
  text += '\n';
}

}  // namespace

LeakCheck::LeakCheck(Pool& pool, LeakCheckSettings settings) : pool_(pool), settings_(settings) { start(); }

void LeakCheck::start() {
  before_.clear();
  for (const LeaseRecord& lease : pool_.leases()) before_.push_back(lease.id);
  std::ranges::sort(before_);
  const PoolMetrics metrics = pool_.metrics();
  abandoned_before_ = metrics.abandoned_transactions;
  dirty_before_ = metrics.dirty_returns;
}

std::vector<LeaseRecord> LeakCheck::left() const {
  std::vector<LeaseRecord> leases = pool_.leases();
  std::erase_if(leases, [&](const LeaseRecord& lease) { return std::ranges::binary_search(before_, lease.id); });
  return leases;
}

std::vector<LeaseRecord> LeakCheck::wait_for_stragglers() const {
  constexpr std::chrono::milliseconds interval{2};
  const Clock::time_point until = Clock::now() + settings_.patience;
  std::vector<LeaseRecord> leases = left();
  while (!leases.empty() && Clock::now() < until) {
    std::this_thread::sleep_for(interval);  // tidy: waits for a lease that nothing announces, within patience
    leases = left();
  }
  return leases;
}

LeakReport LeakCheck::report() const {
  LeakReport report;
  report.leases = wait_for_stragglers();
  const PoolMetrics metrics = pool_.metrics();
  report.abandoned_transactions = metrics.abandoned_transactions - abandoned_before_;
  report.dirty_returns = metrics.dirty_returns - dirty_before_;
  append_leases(report.text, report.leases);
  if (settings_.abandoned) {
    append_count(report.text, report.abandoned_transactions, "a transaction was", "transactions were",
                 "left without commit or rollback, and rolled back: see the events abandoned_transaction for where");
    append_count(report.text, report.dirty_returns, "a lease was", "leases were",
                 "given back with a transaction open, which was rolled back: see the events dirty_return for where");
  }
  while (report.text.ends_with('\n')) report.text.pop_back();
  return report;
}

}  // namespace lockkeeper
