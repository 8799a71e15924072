#include "client/transaction_stack.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace lockkeeper::client {
namespace {

using Stack = std::vector<std::shared_ptr<TransactionScope>>;

Stack& stack() {
  thread_local Stack scopes;
  return scopes;
}

}  // namespace

void push_scope(std::shared_ptr<TransactionScope> scope) {
  Stack& scopes = stack();
  // Ended by another thread, which could not reach this stack.
  std::erase_if(scopes, [](const auto& each) { return each->over(); });
  scopes.push_back(std::move(scope));
}

void remove_scope(const TransactionScope& scope) noexcept {
  std::erase_if(stack(), [&](const auto& each) { return each.get() == &scope; });
}

std::shared_ptr<TransactionScope> current_scope(const DatabaseShell& database) noexcept {
  const Stack& scopes = stack();
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    if ((*scope)->is_of(database) && !(*scope)->over()) return *scope;
  }
  return nullptr;
}

Surroundings surroundings_of(const DatabaseShell& database, const Site& here) {
  Surroundings at{.here = here};
  const std::shared_ptr<TransactionScope> current = current_scope(database);
  if (current && current->body()) at.current = current->body()->as_current();
  if (!current || current->body()) return at;
  const Stack& scopes = stack();
  const auto outer = std::find_if(scopes.rbegin(), scopes.rend(),
                                  [&](const auto& each) { return each->is_of(database) && each->is_active(); });
  if (outer != scopes.rend()) at.suspended = (*outer)->transaction_site();
  return at;
}

void refuse_second_writer(const DatabaseShell& database, const TransactionOptions& wanted, const Site& here) {
  if (database.engine() != Engine::sqlite || wanted.read_only) return;
  for (const auto& scope : stack()) {
    if (!scope->is_of(database) || !scope->is_active() || !scope->body()->may_write()) continue;
    throw Failure(second_writer(here, scope->transaction_site()));
  }
}

void declare_outside_effect(const DatabaseShell& database, std::string_view what) {
  for (const auto& scope : stack()) {
    if (!scope->is_of(database) || !scope->is_active()) continue;
    scope->body()->outside_effect = what.empty() ? "an outside effect" : what;
  }
}

}  // namespace lockkeeper::client
