// Money that is moved through a proxy whose both sides fail at random: what clients were told is compared with what the
// ledger says. Whatever the protocol, these are the statements, the disturbances and the comparison.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/gate.hpp"

namespace lockkeeper::testing::ledger {

using Clock = std::chrono::steady_clock;

inline constexpr int accounts = 20;
inline constexpr int start_balance = 1000;
inline constexpr unsigned movers = 16;

/// LOCKKEEPER_STRESS_SECONDS, else five.
[[nodiscard]] std::chrono::seconds duration();

enum class Outcome { done, refused, lost };

/// What clients were told of their transactions, by name. Thread-safe but for `compare`.
class Told {
 public:
  void note(Outcome of_all_before, Outcome of_commit, const std::string& name);
  /// What no client should see: deadlines that have passed, answers that are no messages.
  void complain(const std::string& what);
  /// Hardly any came through yet.
  [[nodiscard]] bool few();
  /// Expects that it is what happened: the names that are in the ledger.
  void compare(const std::set<std::string>& happened, const Gate& before, const Gate& behind);

 private:
  std::mutex mutex_;
  std::set<std::string> committed_, failed_, unknown_;
  std::vector<std::string> complaints_;
};

/// A client that moves money, one transaction after another; what it speaks is its own affair. One thread each.
class Mover {
 public:
  Mover(Told& told, unsigned number) : random_(number), told_(told), number_(number) {}
  virtual ~Mover() = default;
  /// Until then; where the machine is so busy that hardly any came through between two disturbances, some more in
  /// peace. What an attempt throws is a complaint.
  void run(Clock::time_point end);

 protected:
  /// Connected; gates that are cut refuse now and then.
  virtual bool arrive() = 0;
  /// Begins and does all that comes before COMMIT.
  virtual Outcome work(const std::string& name) = 0;
  virtual Outcome ask(const std::string& sql) = 0;
  virtual void give_up() = 0;

  std::mt19937 random_;

 private:
  void move(const std::string& name);

  Told& told_;
  unsigned number_;
};

/// The statements of one transaction between its begin and its end.
[[nodiscard]] std::vector<std::string> statements(std::mt19937& random, const std::string& name);

/// Now and then the network loses the reply of a COMMIT, or the COMMIT itself: every so many.
void lose_some_commits(Gate& gate, unsigned reply, unsigned request);

/// Cuts, stalls, half-closes, resets, slows down; `kill_some` ends some of the server's sessions. Until then.
void disturb(Gate& before, Gate& behind, Clock::time_point end, const std::function<void()>& kill_some);

}  // namespace lockkeeper::testing::ledger
