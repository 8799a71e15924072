// What the pool says, for the person who is woken by it: what, where, why, what to do.
#pragma once

#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/event_listener.hpp>
#include <lockkeeper/pool_settings.hpp>

namespace lockkeeper::client {

/// "src/orders.cpp:17, pay". The file with its last folder only.
[[nodiscard]] std::string place(const std::source_location& where);

/// A statement without its literals. Empty for an empty one.
[[nodiscard]] std::string shape_of(std::string_view sql, Engine engine);

/// One line: who holds it, since when, where it was taken, what it does.
[[nodiscard]] std::string describe(const LeaseRecord& lease, std::chrono::steady_clock::time_point now);

[[nodiscard]] std::string describe_timeout(const WaitRecord& wait, const std::vector<LeaseRecord>& holders,
                                           std::size_t others_waiting, const std::string& last_connect_failure);
[[nodiscard]] std::string describe_leak(const LeaseRecord& lease, LeakAction action);
[[nodiscard]] std::string describe_deadlock(const WaitRecord& victim, const std::vector<LeaseRecord>& holders,
                                            const std::vector<WaitRecord>& waits, bool through_locks);

}  // namespace lockkeeper::client
