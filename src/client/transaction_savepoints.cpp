// A transaction's savepoints: a stack, whose names follow their depth, so that statements' texts repeat.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/transaction_body.hpp"

namespace lockkeeper::client {
namespace {

std::string name_at(std::size_t index) { return fmt::format("lk_{}", index + 1); }

}  // namespace

std::uint64_t TransactionBody::savepoint() {
  // Before the statement, so that nothing can fail after it.
  savepoints_.reserve(savepoints_.size() + 1);
  run("SAVEPOINT " + name_at(savepoints_.size()), {});
  savepoints_.push_back({++savepoints_made_, callbacks.mark(), mark_.has_value()});
  return savepoints_made_;
}

std::vector<TransactionBody::OpenSavepoint>::iterator TransactionBody::find(std::uint64_t savepoint) noexcept {
  return std::ranges::find(savepoints_, savepoint, &OpenSavepoint::id);
}

bool TransactionBody::is_open(std::uint64_t savepoint) const noexcept {
  return std::ranges::find(savepoints_, savepoint, &OpenSavepoint::id) != savepoints_.end();
}

bool TransactionBody::is_last(std::uint64_t savepoint) const noexcept {
  return !savepoints_.empty() && savepoints_.back().id == savepoint;
}

void TransactionBody::require_last(std::uint64_t savepoint) const {
  if (!is_last(savepoint)) throw Failure(out_of_order(site_));
}

void TransactionBody::release(std::uint64_t savepoint) {
  require_last(savepoint);
  run("RELEASE SAVEPOINT " + name_at(savepoints_.size() - 1), {});
  savepoints_.pop_back();
}

// ROLLBACK TO keeps the savepoint itself, which would pile up under its name: released as well.
void TransactionBody::roll_back_to(std::uint64_t savepoint) {
  const auto found = find(savepoint);
  if (found == savepoints_.end()) throw Failure(out_of_order(site_));
  close_stream();
  const std::string name = name_at(static_cast<std::size_t>(found - savepoints_.begin()));
  run("ROLLBACK TO SAVEPOINT " + name, {});
  failed_.reset();
  callbacks.undo_since(found->callbacks);
  if (!found->was_marked) mark_.reset();
  savepoints_.erase(found, savepoints_.end());
  run("RELEASE SAVEPOINT " + name, {});
}

}  // namespace lockkeeper::client
