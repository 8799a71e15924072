// One call of transact: attempts, pauses, and who may ask for another.
#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include <lockkeeper/database.hpp>

#include "base/random.hpp"
#include "client/database_shell.hpp"
#include "client/pool_shell.hpp"
#include "client/transaction_retry.hpp"
#include "client/transaction_scope.hpp"

namespace lockkeeper::detail {
namespace {

using Clock = std::chrono::steady_clock;

struct Thrown {
  std::string text;
  std::optional<Error> error;  ///< Of a Failure.
};

Thrown look_at(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Failure& failure) {
    return {failure.what(), failure.error()};
  } catch (...) {
    return {client::text_of_current_exception(), std::nullopt};
  }
}

[[noreturn]] void give_up_retrying(Error error, unsigned attempts) {
  error.message += fmt::format("\n  It was tried {} times; the retry policy allows no more", attempts);
  throw Failure(std::move(error));
}

[[noreturn]] void refuse_retry(Error error, std::string_view effect) {
  error.message += fmt::format("\n  It was not run again, because that would do this again: {}", effect);
  throw Failure(std::move(error));
}

}  // namespace

TransactCall::TransactCall(Database& database, const TransactionOptions& options, std::source_location where)
    : shell_(database.shell_), options_(options), where_(where), first_attempt_(Clock::now()) {}

TransactCall::~TransactCall() {
  if (scope_ && !scope_->over()) scope_->fail("its function was left");
}

TransactionRef TransactCall::begin() {
  ++attempts_;
  scope_ = client::TransactionScope::enter(shell_, options_, {where_, std::string(options_.name)});
  return TransactionRef(scope_);
}

void TransactCall::commit() {
  const client::CommitResult result = scope_->succeed();
  if (result.error) throw Failure(*result.error);
}

void TransactCall::give_up() noexcept { scope_->fail("its function returned an error"); }

bool TransactCall::try_again(std::exception_ptr thrown) {
  const std::shared_ptr<client::TransactionScope> scope = std::exchange(scope_, nullptr);
  if (!scope) return false;  // It could not even begin.
  const Thrown reason = look_at(thrown);
  if (!scope->over()) scope->fail(reason.text);
  if (scope->kind() != client::ScopeKind::owner) return false;
  if (!reason.error || !client::asks_for_retry(*reason.error)) return false;
  const auto pause =
      client::pause_before_retry(options_.retry, attempts_, Clock::now() - first_attempt_, base::random_number());
  if (!pause && attempts_ > 1) give_up_retrying(*reason.error, attempts_);
  if (!pause) return false;
  if (const std::string& effect = scope->body()->outside_effect; !effect.empty()) refuse_retry(*reason.error, effect);
  client::PoolShell::of(shell_->pool())
      .tell(EventKind::retry,
            fmt::format("the transaction begun at {} is run again in {}, attempt {} of {}, after: {}",
                        client::to_text(scope->site()), client::to_text(*pause), attempts_ + 1, options_.retry.attempts,
                        reason.text),
            {}, {}, reason.error);
  std::this_thread::sleep_for(*pause);  // tidy: waits for whoever was in the way to get done; nothing tells when
  return true;
}

}  // namespace lockkeeper::detail
