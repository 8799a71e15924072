#include "client/transaction_timer.hpp"

#include <chrono>
#include <exception>
#include <utility>

namespace lockkeeper::client {
namespace {

// A server that takes a request to cancel at all takes it at once; the watchdog has others to look after.
constexpr std::chrono::seconds patience_of_cancel{2};

}  // namespace

TransactionTimer::TransactionTimer(Watchdog& watchdog, Deadline deadline, std::shared_ptr<Canceller> canceller,
                                   std::function<void()> tell)
    : deadline_(deadline),
      canceller_(std::move(canceller)),
      tell_(std::move(tell)),
      ticket_(watchdog.watch(deadline, [this] { fire(); })) {}

bool TransactionTimer::passed() noexcept {
  if (expired_.load(std::memory_order_acquire)) return true;
  if (std::chrono::steady_clock::now() < deadline_) return false;
  expire();
  return true;
}

void TransactionTimer::fire() noexcept {
  expire();
  if (running_.load() > 0) cancel();
}

void TransactionTimer::expire() noexcept {
  if (!expired_.exchange(true)) tell_();
}

// The statement's own deadline stops it as well, where this fails: there is nothing more to be done about it here.
void TransactionTimer::cancel() noexcept {
  try {
    canceller_->cancel(std::chrono::steady_clock::now() + patience_of_cancel);
  } catch (const std::exception&) {
    return;
  }
}

TransactionTimer::Running::Running(TransactionTimer* timer) noexcept : timer_(timer) {
  if (timer_ != nullptr) timer_->running_.fetch_add(1);
}

TransactionTimer::Running::~Running() {
  if (timer_ != nullptr) timer_->running_.fetch_sub(1);
}

}  // namespace lockkeeper::client
