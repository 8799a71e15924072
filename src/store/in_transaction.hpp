// All or nothing, on a bare connection.
#pragma once

#include <chrono>
#include <exception>

#include <lockkeeper/connection.hpp>

namespace lockkeeper::store {

/// Runs `work()` between begin and COMMIT. Where anything throws, nothing of it remains, and the exception goes on.
template <class Work>
void in_transaction(Connection& connection, const BeginOptions& options, Deadline deadline, const Work& work) {
  connection.begin(options, deadline);
  try {
    work();
    connection.execute("COMMIT", {}, deadline);
  } catch (...) {
    const std::exception_ptr first = std::current_exception();
    try {
      const auto status = connection.transaction_status();
      // The deadline may be what has just passed.
      const Deadline soon = std::chrono::steady_clock::now() + std::chrono::seconds(1);
      if (status == TransactionStatus::open || status == TransactionStatus::failed)
        connection.execute("ROLLBACK", {}, soon);
    } catch (const Failure&) {
      connection.close();  // Which rolls back.
    }
    std::rethrow_exception(first);
  }
}

}  // namespace lockkeeper::store
