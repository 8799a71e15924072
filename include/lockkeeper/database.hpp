// A database as a program uses it: a pool and the transactions on it. The one thing to hand to background work.
//
//   Database db(make_postgres_driver(), {.url = "postgresql://localhost/shop"});
//   db.transact([](auto& tx) { tx.execute("INSERT INTO post (title) VALUES ($1)", "hello"); });
//   auto posts = db.transact({.read_only = true}, [](TransactionRef tx) {
//     return tx.query<std::int64_t, std::string>("SELECT id, title FROM post");
//   });
//
// A function that takes TransactionRef is as good as one that takes auto&, and spares it the word `template` before
// typed queries; only cursors (<lockkeeper/cursor.hpp>) need auto&.
#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include <lockkeeper/cursor.hpp>
#include <lockkeeper/detail/sendable.hpp>
#include <lockkeeper/detail/transact.hpp>
#include <lockkeeper/pool.hpp>
#include <lockkeeper/transaction.hpp>

namespace lockkeeper {

/// Thread-safe. Outlives its transactions; their references may outlive it.
class Database {
 public:
  /// As Pool's constructor.
  Database(std::shared_ptr<Driver> driver, Target target, PoolSettings settings = {},
           EventListener& listener = default_listener());
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  [[nodiscard]] Pool& pool() noexcept;

  /// Begins a transaction of its own, which the caller ends. It is the thread's current one until then: transact with
  /// `required` takes part in it. Throws `propagation` where the thread has one already, unless options say
  /// requires_new; other propagations and retries are for transact and throw `misuse`. Throws what Pool::acquire and
  /// Lease::begin throw.
  [[nodiscard]] Transaction begin(const TransactionOptions& options = {},
                                  std::source_location where = std::source_location::current());

  /// Runs `function(tx)` in a transaction as `options.propagation` says, and returns what it returns: a value or
  /// nothing, and no reference, cursor or range of the transaction.
  ///
  /// Commits when the function returns; rolls back when it throws (and throws that on), or when it returns an error
  /// (anything with has_value() and error(), as std::expected), which is returned. A scope that takes part in an outer
  /// transaction commits nothing: if it fails, it marks the outer one rollback-only, even where the exception is caught
  /// further out; a nested one goes back to its savepoint.
  ///
  /// Throws where the function returned well and yet nothing was, or may not have been, committed:
  /// - `rollback_only`: the transaction was marked, naming who did, why and where; or a statement had failed it and its
  ///   error was caught; `transaction_timeout`;
  /// - what the server refused COMMIT with, for example a deferred `constraint`;
  /// - any code with blast `commit_unknown`: the reply of COMMIT was lost. Never retried;
  /// - `misuse`: a savepoint or stream is still open.
  ///
  /// With options.retry the whole function runs again after serialization failures and deadlocks, only where this call
  /// began the transaction, only while no outside_effect was declared. Scopes inside it with a transaction of their own
  /// (requires_new) or none have committed, and do so again.
  template <class Function, class Brand = decltype([] {})>
  auto transact(const TransactionOptions& options, Function&& function,
                std::source_location where = std::source_location::current());

  /// The same with the options as they are by default.
  template <class Function, class Brand = decltype([] {})>
  auto transact(Function&& function, std::source_location where = std::source_location::current()) {
    return transact<Function, Brand>(TransactionOptions{}, std::forward<Function>(function), where);
  }

  /// Runs `function(session)` without a transaction, each statement by itself on a connection that is returned at its
  /// end: the same as transact with `not_supported`.
  template <class Function, class Brand = decltype([] {})>
  auto without_transaction(Function&& function, std::source_location where = std::source_location::current()) {
    return transact<Function, Brand>({.propagation = Propagation::not_supported}, std::forward<Function>(function),
                                     where);
  }

 private:
  friend class detail::TransactCall;
  std::shared_ptr<client::DatabaseShell> shell_;
};

template <class Function, class Brand>
auto Database::transact(const TransactionOptions& options, Function&& function, std::source_location where) {
  static_assert(std::invocable<Function&, BrandedTransactionRef<Brand>&>,
                "transact's function takes the transaction: [](auto& tx) or [](TransactionRef tx)");
  using Result = std::invoke_result_t<Function&, BrandedTransactionRef<Brand>&>;
  static_assert(!std::is_reference_v<Result>, "transact's function returns a value or nothing, not a reference");
  static_assert(sendable<Result>,
                "a transaction, savepoint, cursor or range does not leave transact: it ends with the function");
  detail::TransactCall call(*this, options, where);
  for (;;) {
    try {
      BrandedTransactionRef<Brand> tx(call.begin());
      if constexpr (std::is_void_v<Result>) {
        std::invoke(function, tx);
        call.commit();
        return;
      } else {
        Result result = std::invoke(function, tx);
        detail::is_error(result) ? call.give_up() : call.commit();
        return result;
      }
    } catch (...) {
      if (!call.try_again(std::current_exception())) throw;
    }
  }
}

}  // namespace lockkeeper
