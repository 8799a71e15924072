// A program that uses the library, for the last column: what it refuses, with which words, and what is left behind.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <lockkeeper/database.hpp>

namespace lockkeeper::demo {

/// Keeps what a pool tells.
class Told : public EventListener {
 public:
  void on_event(const Event& event) noexcept override;
  /// The first event of that kind, once it is there; nothing by the deadline.
  [[nodiscard]] std::optional<Event> wait_for(EventKind kind, Deadline deadline);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> events_;
};

/// A database with one table of its own, `work (id, note)`, and the pool of it.
class Library {
 public:
  /// Makes the table anew. Throws Failure.
  Library(std::shared_ptr<Driver> driver, const std::string& url, std::size_t connections);

  [[nodiscard]] Database& database() noexcept { return database_; }
  [[nodiscard]] Told& told() noexcept { return told_; }
  [[nodiscard]] Engine engine() const noexcept { return engine_; }

  void write(TransactionRef tx, int id) const;
  [[nodiscard]] int rows();  ///< That are committed.

  /// Whether every connection is back, and the pool gives them out as before.
  [[nodiscard]] bool is_whole();

 private:
  Told told_;
  Database database_;
  Engine engine_;
};

/// What became of the mistake.
struct Refusal {
  bool refused = false;     ///< It failed as it has to, and nothing of it was committed.
  std::string words;        ///< "foreign_use: the transaction begun at ...", or what happened instead.
  std::string remark = {};  ///< What else is worth telling.
};

/// As the errors of the library are told here.
[[nodiscard]] std::string words_of(const Error& error);
[[nodiscard]] std::string words_of(const Event& event);

/// The error with which `function` fails; nothing: it did not fail.
template <class Function>
[[nodiscard]] std::optional<Error> failure_of(Function&& function) {
  try {
    function();
    return std::nullopt;
  } catch (const Failure& failure) {
    return failure.error();
  }
}

}  // namespace lockkeeper::demo
