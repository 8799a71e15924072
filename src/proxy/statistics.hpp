// What went through one pool on one worker.
#pragma once

#include <cstdint>

namespace lockkeeper::proxy {

struct Statistics {
  std::uint64_t transactions = 0;
  std::uint64_t queries = 0;   ///< Queries and pipelines: ReadyForQuery's.
  std::uint64_t received = 0;  ///< Bytes from clients.
  std::uint64_t sent = 0;      ///< Bytes to clients.
  std::uint64_t transaction_us = 0;
  std::uint64_t query_us = 0;
  std::uint64_t wait_us = 0;  ///< For a server connection.
  std::uint64_t logins = 0;
  std::uint64_t failed_logins = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t cancels = 0;
  std::uint64_t unknown_commands = 0;  ///< Of MySQL's clients: passed on.

  Statistics& operator+=(const Statistics& other) noexcept {
    transactions += other.transactions;
    queries += other.queries;
    received += other.received;
    sent += other.sent;
    transaction_us += other.transaction_us;
    query_us += other.query_us;
    wait_us += other.wait_us;
    logins += other.logins;
    failed_logins += other.failed_logins;
    timeouts += other.timeouts;
    cancels += other.cancels;
    unknown_commands += other.unknown_commands;
    return *this;
  }
};

}  // namespace lockkeeper::proxy
