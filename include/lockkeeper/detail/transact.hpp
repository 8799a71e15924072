// What the loop of Database::transact needs: everything about it that needs no type of the caller's.
#pragma once

#include <chrono>
#include <concepts>
#include <exception>
#include <memory>
#include <source_location>

#include <lockkeeper/transaction.hpp>

namespace lockkeeper {

namespace client {
class DatabaseShell;
}

namespace detail {

/// What a function of transact may return: std::expected and its like, whose error rolls back.
template <class Result>
concept Expectation = requires(const Result& result) {
  { result.has_value() } -> std::convertible_to<bool>;
  result.error();
};

template <class Result>
[[nodiscard]] bool is_error(const Result& result) {
  if constexpr (Expectation<Result>) return !result.has_value();
  return false;
}

/// One call of transact, through all its attempts.
class TransactCall {
 public:
  TransactCall(Database& database, const TransactionOptions& options, std::source_location where);
  TransactCall(const TransactCall&) = delete;
  TransactCall& operator=(const TransactCall&) = delete;
  /// Rolls back what was neither committed nor given up.
  ~TransactCall();

  /// Begins the next attempt's scope.
  [[nodiscard]] TransactionRef begin();
  /// The function has returned well. Throws where that was not kept.
  void commit();
  /// The function has returned an error.
  void give_up() noexcept;
  /// begin, the function or commit has thrown. True: the pause is over, try again. False: throw it on. Throws Failure
  /// where a retry was asked for and an outside effect forbids it.
  [[nodiscard]] bool try_again(std::exception_ptr thrown);

 private:
  std::shared_ptr<client::DatabaseShell> shell_;
  TransactionOptions options_;
  std::source_location where_;
  std::shared_ptr<client::TransactionScope> scope_;
  unsigned attempts_ = 0;
  std::chrono::steady_clock::time_point first_attempt_;
};

}  // namespace detail
}  // namespace lockkeeper
