// What acts: plans and carries out, one thing after another, on a thread and over connections of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/mutex.hpp"
#include "diagnose/conductor.hpp"

namespace lockkeeper::cli::top {

/// Thread-safe. What it is told to do never keeps its caller waiting.
class Hand {
 public:
  using Open = std::function<std::unique_ptr<diagnose::Conductor>()>;

  explicit Hand(Open open);
  Hand(const Hand&) = delete;
  Hand& operator=(const Hand&) = delete;
  /// Waits for the action under way, which stops before its next session; a plan that has not begun is dropped.
  ~Hand();

  /// Instead of what waits to be begun; of what is under way nothing is heard any more, unless it acts: then this comes
  /// after it. At most one action is under way.
  void start(diagnose::ActionRequest request);

  /// The outcome of what was started last, once.
  [[nodiscard]] std::optional<model::ActionReport> take();

  /// How far a rollback is; empty: there is none.
  [[nodiscard]] std::string progress() const;

  /// Something is done to sessions now, or will be.
  [[nodiscard]] bool is_acting() const;

  /// Begins nothing more, and waits until an action under way has ended: it stops before its next session. False: a
  /// plan is still being made.
  bool finish();

 private:
  void run();

  const Open open_;
  mutable base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<diagnose::ActionRequest> waiting_ LK_GUARDED_BY(mutex_);
  std::optional<model::ActionReport> done_ LK_GUARDED_BY(mutex_);
  std::string progress_ LK_GUARDED_BY(mutex_);
  std::uint64_t started_ LK_GUARDED_BY(mutex_) = 0;
  bool plans_ LK_GUARDED_BY(mutex_) = false;
  bool acts_ LK_GUARDED_BY(mutex_) = false;
  bool stopped_ LK_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace lockkeeper::cli::top
