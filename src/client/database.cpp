#include <memory>
#include <utility>

#include <lockkeeper/database.hpp>

#include "client/database_shell.hpp"
#include "client/transaction_scope.hpp"

namespace lockkeeper {

Database::Database(std::shared_ptr<Driver> driver, Target target, PoolSettings settings, EventListener& listener)
    : shell_(std::make_shared<client::DatabaseShell>(*this, std::move(driver), std::move(target), std::move(settings),
                                                     listener)) {}

Database::~Database() { shell_->leave(); }

Pool& Database::pool() noexcept { return shell_->pool(); }

Transaction Database::begin(const TransactionOptions& options, std::source_location where) {
  return Transaction(client::TransactionScope::begin(shell_, options, {where, std::string(options.name)}));
}

}  // namespace lockkeeper
