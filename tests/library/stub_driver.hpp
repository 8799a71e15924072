// A driver without a server: connections whose behaviour a test scripts. Below the contract that real drivers are
// tested by.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <lockkeeper/driver.hpp>

namespace lockkeeper::testing {

/// What all connections of one StubDriver share, and a test steers. Thread-safe.
struct StubServer {
  std::atomic<std::int64_t> connect_delay_ms{0};
  std::atomic<bool> refuses{false};  ///< Every attempt to connect fails with `refusal`.
  std::atomic<ErrorCode> refusal{ErrorCode::unreachable};
  std::atomic<bool> dead{false};  ///< Every connection is lost at its next use.
  std::atomic<bool> rollback_fails{false};
  std::atomic<int> attempts{0};
  std::atomic<int> connected{0};  ///< Open now.
  std::atomic<int> created{0};
  std::atomic<int> pings{0};
  std::atomic<int> resets{0};
  std::atomic<int> rollbacks{0};
  std::atomic<int> overlaps{0};  ///< Two threads inside one connection at once: must stay 0.
  std::atomic<std::int64_t> next_backend{1};
  std::function<std::vector<LockWait>()> locks;  ///< Set before the first connection.

  std::mutex mutex;
  std::condition_variable cancelled;
};

/// Understands BEGIN, COMMIT, ROLLBACK, FAIL (the transaction fails), DIE (the connection is lost) and SLEEP (runs
/// until it is cancelled or its deadline passes); everything else returns one row with one cell "1".
class StubConnection : public Connection {
 public:
  explicit StubConnection(std::shared_ptr<StubServer> server) : stub_(std::move(server)) {
    ++stub_->connected;
    ++stub_->created;
    info_.product = "Stub";
    info_.host = "stub";
    info_.backend_id = stub_->next_backend++;
  }
  ~StubConnection() override { close(); }

  using Connection::execute;
  Rows execute(std::string_view sql, std::span<const Parameter>, Deadline deadline) override {
    const Visit visit(*this);
    require_alive();
    if (sql == "BEGIN") status_ = TransactionStatus::open;
    if (sql == "COMMIT") status_ = TransactionStatus::idle;
    if (sql == "ROLLBACK") roll_back();
    if (sql == "FAIL") status_ = TransactionStatus::failed;
    if (sql == "DIE") lose();
    if (sql == "SLEEP") sleep(deadline);
    Rows rows;
    rows.set_columns({"value"});
    rows.append("1");
    return rows;
  }
  std::vector<Rows> execute_batch(std::span<const Statement> statements, Deadline deadline) override {
    std::vector<Rows> all;
    for (const Statement& statement : statements) all.push_back(execute(statement.sql, {}, deadline));
    return all;
  }
  [[nodiscard]] std::unique_ptr<RowStream> stream(std::string_view, std::span<const Parameter>, std::size_t,
                                                  Deadline) override {
    struct Numbers : RowStream {
      explicit Numbers(StubConnection& connection) : owner(connection) { owner.status_ = TransactionStatus::unknown; }
      ~Numbers() override { owner.status_ = TransactionStatus::idle; }
      bool next(Rows& chunk, Deadline) override {
        if (left == 0) return false;
        chunk.set_columns({"value"});
        chunk.clear_rows();
        chunk.append(std::to_string(left--));
        return true;
      }
      StubConnection& owner;
      int left = 100;
    };
    require_alive();
    return std::make_unique<Numbers>(*this);
  }
  void begin(const BeginOptions&, Deadline) override {
    require_alive();
    status_ = TransactionStatus::open;
  }
  void ping(Deadline) override {
    ++stub_->pings;
    require_alive();
  }
  void reset(Deadline) override {
    ++stub_->resets;
    require_alive();
  }
  [[nodiscard]] std::vector<LockWait> lock_waits(std::span<const std::int64_t>, Deadline) override {
    return stub_->locks ? stub_->locks() : std::vector<LockWait>{};
  }
  [[nodiscard]] TransactionStatus transaction_status() const noexcept override { return status_; }
  [[nodiscard]] std::unique_ptr<Canceller> canceller() override {
    struct Cancel : Canceller {
      explicit Cancel(std::shared_ptr<StubServer> server, std::shared_ptr<bool> flag)
          : stub(std::move(server)), wanted(std::move(flag)) {}
      void cancel(Deadline) override {
        const std::lock_guard guard(stub->mutex);
        *wanted = true;
        stub->cancelled.notify_all();
      }
      std::shared_ptr<StubServer> stub;
      std::shared_ptr<bool> wanted;
    };
    return std::make_unique<Cancel>(stub_, cancel_wanted_);
  }
  [[nodiscard]] const ServerInfo& server() const noexcept override { return info_; }
  [[nodiscard]] void* native_handle() noexcept override { return this; }
  void close() noexcept override {
    if (std::exchange(closed_, true)) return;
    --stub_->connected;
    status_ = TransactionStatus::unknown;
  }

 private:
  // Notices a second thread that is inside at the same time.
  struct Visit {
    explicit Visit(StubConnection& visited) : connection(visited) {
      if (connection.inside_.exchange(true)) ++connection.stub_->overlaps;
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() { connection.inside_ = false; }
    StubConnection& connection;
  };

  void require_alive() {
    if (!closed_ && !stub_->dead) return;
    lose();
  }
  [[noreturn]] void lose() {
    close();
    throw Failure({ErrorCode::connection_lost, "", "the stub server went away", Blast::connection});
  }
  void roll_back() {
    ++stub_->rollbacks;
    if (stub_->rollback_fails) lose();
    status_ = TransactionStatus::idle;
  }
  // A cancel that came a moment before this began was meant for it: one is sent only where a lease is seen to run.
  void sleep(Deadline deadline) {
    std::unique_lock guard(stub_->mutex);
    stub_->cancelled.wait_until(guard, deadline, [this] { return *cancel_wanted_; });
    const bool cancelled = std::exchange(*cancel_wanted_, false);
    const Blast blast = status_ == TransactionStatus::open ? Blast::transaction : Blast::statement;
    if (status_ == TransactionStatus::open) status_ = TransactionStatus::failed;
    throw Failure({cancelled ? ErrorCode::cancelled : ErrorCode::deadline, "", "the statement was stopped", blast});
  }

  std::shared_ptr<StubServer> stub_;
  std::shared_ptr<bool> cancel_wanted_ = std::make_shared<bool>(false);
  ServerInfo info_;
  std::atomic<bool> inside_{false};
  TransactionStatus status_ = TransactionStatus::idle;
  bool closed_ = false;
};

class StubDriver : public Driver {
 public:
  explicit StubDriver(std::shared_ptr<StubServer> server = std::make_shared<StubServer>()) : stub_(std::move(server)) {}

  std::unique_ptr<Connection> connect(const Target&, Deadline) override {
    ++stub_->attempts;
    if (const auto delay = stub_->connect_delay_ms.load(); delay > 0) {
      std::mutex never;
      std::unique_lock guard(never);
      std::condition_variable pause;
      pause.wait_for(guard, std::chrono::milliseconds(delay), [] { return false; });
    }
    if (stub_->refuses) throw Failure({stub_->refusal, "", "the stub server refuses", Blast::connection});
    return std::make_unique<StubConnection>(stub_);
  }
  [[nodiscard]] std::string public_url(std::string_view url) const override { return std::string(url); }

  [[nodiscard]] StubServer& server() noexcept { return *stub_; }

 private:
  std::shared_ptr<StubServer> stub_;
};

}  // namespace lockkeeper::testing
