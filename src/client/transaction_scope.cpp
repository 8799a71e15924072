#include "client/transaction_scope.hpp"

#include <algorithm>
#include <utility>

#include "client/pool_shell.hpp"
#include "client/transaction_stack.hpp"
#include "client/transaction_words.hpp"

namespace lockkeeper::client {

/// What open_stream gives out: asks its scope before every use, and leaves alone what the scope has closed.
class ScopeStream : public RowStream {
 public:
  ScopeStream(std::shared_ptr<TransactionScope> scope, std::shared_ptr<OpenStream> open) noexcept
      : scope_(std::move(scope)), open_(std::move(open)) {}
  ScopeStream(std::shared_ptr<TransactionScope> scope, std::shared_ptr<LoneStream> lone) noexcept
      : scope_(std::move(scope)), lone_(std::move(lone)) {}

  // On another thread the connection is left alone: the scope's end closes the stream.
  ~ScopeStream() override {
    if (open_ && scope_->is_own_thread()) scope_->body()->close(*open_);
  }

  bool next(Rows& chunk, Deadline deadline) override {
    scope_->require_in_use();
    return open_ ? scope_->body()->read(*open_, chunk, deadline) : scope_->read(*lone_, chunk, deadline);
  }

 private:
  std::shared_ptr<TransactionScope> scope_;
  std::shared_ptr<OpenStream> open_;
  std::shared_ptr<LoneStream> lone_;
};

TransactionScope::TransactionScope(ScopeKind kind, std::shared_ptr<DatabaseShell> database,
                                   std::shared_ptr<TransactionBody> body, Site site)
    : kind_(kind),
      database_key_(database.get()),
      database_(std::move(database)),
      body_(std::move(body)),
      site_(std::move(site)),
      id_(next_number()) {}

std::shared_ptr<TransactionScope> TransactionScope::begin(std::shared_ptr<DatabaseShell> database,
                                                          const TransactionOptions& options, Site site) {
  if (auto allowed = decide_begin(options, surroundings_of(*database, site)); !allowed) {
    throw Failure(std::move(allowed.error()));
  }
  return own(std::move(database), options, std::move(site));
}

std::shared_ptr<TransactionScope> TransactionScope::enter(std::shared_ptr<DatabaseShell> database,
                                                          const TransactionOptions& options, Site site) {
  auto action = decide(options, surroundings_of(*database, site));
  if (!action) throw Failure(std::move(action.error()));
  switch (*action) {
    case ScopeAction::begin: return own(std::move(database), options, std::move(site));
    case ScopeAction::take_part: return join(std::move(database), ScopeKind::part, std::move(site));
    case ScopeAction::savepoint: return join(std::move(database), ScopeKind::nested, std::move(site));
    case ScopeAction::without: break;
  }
  auto scope = std::make_shared<TransactionScope>(ScopeKind::without, std::move(database), nullptr, std::move(site));
  push_scope(scope);
  return scope;
}

std::shared_ptr<TransactionScope> TransactionScope::own(std::shared_ptr<DatabaseShell> database,
                                                        const TransactionOptions& options, Site site) {
  refuse_second_writer(*database, options, site);
  auto body = std::make_shared<TransactionBody>(database->pool(), database->watchdog(), options, site);
  database->set_engine(body->engine());
  auto scope =
      std::make_shared<TransactionScope>(ScopeKind::owner, std::move(database), std::move(body), std::move(site));
  push_scope(scope);
  return scope;
}

std::shared_ptr<TransactionScope> TransactionScope::join(std::shared_ptr<DatabaseShell> database, ScopeKind kind,
                                                         Site site) {
  const std::shared_ptr<TransactionBody> body = current_scope(*database)->body();
  body->require_usable();
  auto scope = std::make_shared<TransactionScope>(kind, std::move(database), body, std::move(site));
  push_scope(scope);
  try {
    if (kind == ScopeKind::nested) scope->savepoint_ = body->savepoint();
  } catch (...) {
    remove_scope(*scope);
    throw;
  }
  ++body->inner_scopes;
  return scope;
}

std::shared_ptr<TransactionScope> TransactionScope::stand_apart(std::shared_ptr<DatabaseShell> database) {
  auto scope = std::make_shared<TransactionScope>(ScopeKind::without, std::move(database), nullptr, Site{});
  push_scope(scope);
  return scope;
}

void TransactionScope::require_in_use() const {
  if (!is_own_thread()) throw Failure(foreign_use(transaction_site()));
  if (!over()) return;
  throw Failure(kind_ == ScopeKind::owner ? used_after_end(site_, outcome_.load()) : used_after_scope(site_));
}

TransactionBody& TransactionScope::transaction(std::string_view what) {
  require_in_use();
  if (!body_) throw Failure(needs_transaction(site_, what));
  return *body_;
}

Lease TransactionScope::lease_for_statement(std::string_view sql) {
  const std::string_view word = transaction_word(sql);
  if (!word.empty()) throw Failure(refused_word(site_, word, false));
  Lease lease = database_->pool().acquire({}, site_.where);
  database_->set_engine(lease.server().engine);
  return lease;
}

Rows TransactionScope::run(std::string_view sql, std::span<const Parameter> parameters) {
  require_in_use();
  if (body_) return body_->run(sql, parameters);
  return lease_for_statement(sql).run(sql, parameters);
}

std::vector<Rows> TransactionScope::run_batch(std::span<const Statement> statements) {
  require_in_use();
  if (body_) return body_->run_batch(statements);
  std::string_view refused;
  for (const Statement& statement : statements) {
    if (!transaction_word(statement.sql).empty()) refused = statement.sql;
  }
  return lease_for_statement(refused).run_batch(statements);
}

std::unique_ptr<RowStream> TransactionScope::open_stream(std::string_view sql, std::span<const Parameter> parameters,
                                                         std::size_t chunk_rows) {
  require_in_use();
  if (body_) {
    return std::make_unique<ScopeStream>(shared_from_this(), body_->open_stream(sql, parameters, chunk_rows, *this));
  }
  auto lone = std::make_shared<LoneStream>(lease_for_statement(sql), nullptr);
  lone->rows = lone->lease.open_stream(sql, parameters, chunk_rows);
  std::erase_if(lone_streams_, [](const auto& each) { return each.expired(); });
  lone_streams_.push_back(lone);
  return std::make_unique<ScopeStream>(shared_from_this(), std::move(lone));
}

// The connection goes back at the stream's end, whatever becomes of the object that read it.
bool TransactionScope::read(LoneStream& stream, Rows& chunk, Deadline deadline) const {
  if (stream.at_end) return false;
  if (!stream.rows) throw Failure(stream_was_closed(site_));
  try {
    if (stream.rows->next(chunk, deadline)) return true;
  } catch (...) {
    stream.close();
    throw;
  }
  stream.at_end = true;
  stream.close();
  return false;
}

void TransactionScope::outside_effect(std::string_view what) {
  require_in_use();
  declare_outside_effect(*database_, what);
}

void TransactionScope::drop_savepoint(std::uint64_t savepoint) noexcept {
  if (!is_own_thread()) return body_->mark_silently();
  if (body_->over() || !body_->is_open(savepoint)) return;
  const bool last = body_->is_last(savepoint);
  try {
    if (last) return body_->roll_back_to(savepoint);
    body_->mark({"a savepoint", "it was destroyed before savepoints that were made after it, and could not go back"});
  } catch (const std::exception& error) {
    mark_outer("whose savepoint could not go back", error.what());
  }
}

TransactionCallbacks& TransactionScope::callbacks() {
  require_in_use();
  return body_ ? body_->callbacks : own_callbacks_;
}

Database& TransactionScope::database() {
  require_in_use();
  if (Database* facade = database_->facade()) return *facade;
  throw Failure(database_gone());
}

Engine TransactionScope::engine() {
  require_in_use();
  if (!database_->engine()) static_cast<void>(lease_for_statement({}));
  return *database_->engine();
}

}  // namespace lockkeeper::client
