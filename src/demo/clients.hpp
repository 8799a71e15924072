// The programs of a demonstration: sessions that make mistakes, threads that wait for them, and a healthy one beside.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include <lockkeeper/driver.hpp>

namespace lockkeeper::demo {

/// A connection without any of the library's care, as most programs have. Belongs to one thread at a time.
class Session {
 public:
  /// Connects, and asks the server for its session's id: through a recorder that is not the connection's own. All of
  /// it within `deadline`. Throws Failure. `unit` goes into a comment of each statement, as tracing libraries write it.
  Session(Driver& driver, const std::string& url, const std::string& application, Deadline deadline,
          std::string unit = {});

  /// Asks again: a pool may have given it another one since. Within a transaction it stays.
  void learn_id(Deadline deadline);
  /// Whose it is on the server: pid, or connection id.
  [[nodiscard]] std::int64_t id() const noexcept { return id_; }

  void begin();
  void commit() { run("COMMIT"); }
  Rows run(const std::string& sql);
  [[nodiscard]] int number(const std::string& sql);
  /// An open result, of which nothing is read yet. It has to go before the session.
  [[nodiscard]] std::unique_ptr<RowStream> open(const std::string& sql);

 private:
  [[nodiscard]] std::string tagged(const std::string& sql) const;
  std::unique_ptr<Connection> connection_;
  std::string unit_;
  std::int64_t id_ = 0;
};

/// Longest time that a statement of these programs may take: a viewer who reads is no reason to fail.
inline constexpr std::chrono::minutes patience{30};

/// Something done on a thread of its own, to its end. Any thread may ask how it went.
class Task {
 public:
  explicit Task(std::function<void()> work);
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task();  ///< Waits for its end.

  [[nodiscard]] bool is_over() const;
  [[nodiscard]] bool is_done() const;  ///< Over, without an error.
  /// What ended it, empty where nothing did or it goes on.
  [[nodiscard]] std::string error() const;

 private:
  mutable std::mutex mutex_;
  bool over_ = false;
  std::string error_;
  std::thread thread_;
};

/// Where threads wait until so many have come: what they hold by then, they hold together.
class Meeting {
 public:
  explicit Meeting(int expected) : expected_(expected) {}
  /// False: somebody could not come, or did not within half a minute.
  [[nodiscard]] bool arrive_and_wait();
  /// Nobody is to wait for the caller.
  void call_off();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int expected_;
  bool called_off_ = false;
};

/// A program that does it right, on a connection of its own straight to the server: short transactions, one after
/// another. An error is never mended: it counts.
class Twin {
 public:
  Twin(Driver& driver, const std::string& url, const std::string& application);
  Twin(const Twin&) = delete;
  Twin& operator=(const Twin&) = delete;
  ~Twin();

  [[nodiscard]] std::int64_t transactions() const noexcept { return transactions_; }
  [[nodiscard]] std::int64_t errors() const noexcept { return errors_; }
  [[nodiscard]] std::int64_t id() const noexcept { return session_.id(); }

 private:
  void work(const std::stop_token& stop);
  Session session_;
  std::atomic<std::int64_t> transactions_{0};
  std::atomic<std::int64_t> errors_{0};
  std::jthread thread_;  // the last to come, the first to go
};

}  // namespace lockkeeper::demo
