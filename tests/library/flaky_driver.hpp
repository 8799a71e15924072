// A real driver behind a wire that a test can cut: at once for everybody, or after the statement and before its reply.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <lockkeeper/driver.hpp>

namespace lockkeeper::testing {

/// What all connections of one FlakyDriver share, and a test steers. Thread-safe.
struct Wire {
  std::atomic<bool> cut{false};                 ///< Nobody reaches the database.
  std::atomic<int> lost_replies{0};             ///< So many of the next statements happen, and their replies are lost.
  std::atomic<std::uint64_t> chance_of_256{0};  ///< That a statement's request or reply is lost.
  std::atomic<std::uint64_t> statements{0};
  /// Set before others use the wire: whether the request of this statement is lost.
  std::function<bool(std::string_view sql)> loses_request = [](std::string_view) { return false; };

  /// Deterministic for one thread; nearly so for several.
  [[nodiscard]] bool is_unlucky() {
    const std::uint64_t mixed = (statements.fetch_add(1) + 1) * 0x9e3779b97f4a7c15U;
    return ((mixed >> 40U) & 0xffU) < chance_of_256;
  }
  [[nodiscard]] bool loses_reply() {
    int left = lost_replies;
    while (left > 0) {
      if (lost_replies.compare_exchange_weak(left, left - 1)) return true;
    }
    return false;
  }
};

class FlakyConnection : public Connection {
 public:
  FlakyConnection(std::shared_ptr<Wire> wire, std::unique_ptr<Connection> real)
      : wire_(std::move(wire)), real_(std::move(real)) {}

  using Connection::execute;
  Rows execute(std::string_view sql, std::span<const Parameter> parameters, Deadline deadline) override {
    return over_the_wire(sql, [&] { return real_->execute(sql, parameters, deadline); });
  }
  std::vector<Rows> execute_batch(std::span<const Statement> statements, Deadline deadline) override {
    return over_the_wire("", [&] { return real_->execute_batch(statements, deadline); });
  }
  std::unique_ptr<RowStream> stream(std::string_view sql, std::span<const Parameter> parameters, std::size_t chunk_rows,
                                    Deadline deadline) override {
    return over_the_wire(sql, [&] { return real_->stream(sql, parameters, chunk_rows, deadline); });
  }
  void begin(const BeginOptions& options, Deadline deadline) override {
    over_the_wire("BEGIN", [&] { return real_->begin(options, deadline), 0; });
  }
  void ping(Deadline deadline) override {
    require_wire();
    real_->ping(deadline);
  }
  void reset(Deadline deadline) override {
    require_wire();
    real_->reset(deadline);
  }
  std::vector<LockWait> lock_waits(std::span<const std::int64_t> waiters, Deadline deadline) override {
    require_wire();
    return real_->lock_waits(waiters, deadline);
  }
  [[nodiscard]] TransactionStatus transaction_status() const noexcept override { return real_->transaction_status(); }
  std::unique_ptr<Canceller> canceller() override { return real_->canceller(); }
  [[nodiscard]] const ServerInfo& server() const noexcept override { return real_->server(); }
  [[nodiscard]] void* native_handle() noexcept override { return real_->native_handle(); }
  void close() noexcept override { real_->close(); }

 private:
  [[noreturn]] void lose(Blast blast) {
    real_->close();
    throw Failure({ErrorCode::connection_lost, "", "the wire was cut", blast});
  }
  void require_wire() {
    if (wire_->cut) lose(Blast::connection);
  }
  // As a driver says it: a lost reply leaves open whether what commits has happened.
  template <class Action>
  std::invoke_result_t<const Action&> over_the_wire(std::string_view sql, const Action& action) {
    require_wire();
    const bool commits = sql == "COMMIT" || (sql != "BEGIN" && real_->transaction_status() == TransactionStatus::idle);
    const bool unlucky = wire_->is_unlucky();
    if ((unlucky && wire_->statements % 2 == 0) || wire_->loses_request(sql)) lose(Blast::connection);
    auto result = action();
    if (unlucky || wire_->loses_reply()) lose(commits ? Blast::commit_unknown : Blast::connection);
    return result;
  }

  std::shared_ptr<Wire> wire_;
  std::unique_ptr<Connection> real_;
};

class FlakyDriver : public Driver {
 public:
  FlakyDriver(std::shared_ptr<Wire> wire, std::shared_ptr<Driver> real)
      : wire_(std::move(wire)), real_(std::move(real)) {}

  std::unique_ptr<Connection> connect(const Target& target, Deadline deadline) override {
    if (wire_->cut) throw Failure({ErrorCode::unreachable, "", "the wire is cut", Blast::connection});
    return std::make_unique<FlakyConnection>(wire_, real_->connect(target, deadline));
  }
  [[nodiscard]] std::string public_url(std::string_view url) const override { return real_->public_url(url); }

 private:
  std::shared_ptr<Wire> wire_;
  std::shared_ptr<Driver> real_;
};

}  // namespace lockkeeper::testing
