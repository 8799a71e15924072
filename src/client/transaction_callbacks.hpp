// Functions that a transaction runs around its end.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <lockkeeper/transaction.hpp>

namespace lockkeeper::client {

enum class CallbackTime { after_commit, after_rollback, after_completion };

class TransactionCallbacks {
 public:
  using Before = std::function<void(TransactionRef)>;
  using After = std::function<void(Database&, CommitOutcome)>;

  /// How many were registered at some moment.
  struct Mark {
    std::size_t before = 0;
    std::size_t after = 0;
  };

  /// Throws `misuse` for an empty function.
  void add_before(Before function);
  void add_after(CallbackTime time, std::function<void(Database&)> function);
  void add_completion(After function);

  [[nodiscard]] Mark mark() const noexcept { return {before_.size(), after_.size()}; }
  /// What was done since the mark was undone: see Savepoint.
  void undo_since(const Mark& mark) noexcept;

  /// Runs those before the commit, those too that are registered meanwhile. Throws what one throws.
  void run_before(const TransactionRef& tx);
  /// What is to be called for this outcome, in order: those for the outcome, then those for the completion. Empties the
  /// list.
  [[nodiscard]] std::vector<std::function<void(Database&)>> take_after(CommitOutcome outcome);
  [[nodiscard]] bool has_after() const noexcept { return !after_.empty(); }

 private:
  struct AfterEnd {
    CallbackTime time;
    After function;
    bool undone = false;
  };
  std::vector<Before> before_;
  std::size_t next_before_ = 0;
  std::vector<AfterEnd> after_;
};

}  // namespace lockkeeper::client
