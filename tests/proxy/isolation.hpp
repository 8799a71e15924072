// Many clients whose every text carries their own tag, while queries are cancelled and clients leave in the middle of
// anything: no message with another client's tag ever arrives. Whatever the protocol, this is who runs them, and what
// they report to. LOCKKEEPER_STRESS_SECONDS (default 5): for how long. LOCKKEEPER_ISOLATION_CLIENTS (default 200).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::testing::isolation {

using Clock = std::chrono::steady_clock;

/// How many take part.
[[nodiscard]] int clients();

/// What all clients report to. Thread-safe.
struct Report {
  std::atomic<std::uint64_t> operations{0}, cancels{0}, departures{0}, errors{0};

  /// The first ten are kept.
  void complain(const std::string& text);
  [[nodiscard]] std::vector<std::string> complaints();

 private:
  std::mutex mutex_;
  std::vector<std::string> complaints_;
};

/// One client after another with a tag of its own; what it speaks is its own affair. One thread each.
class TaggedClient {
 public:
  TaggedClient(unsigned number, Report& report) : random_(number), report_(report), number_(number) {}
  virtual ~TaggedClient() = default;
  /// Until then, and a few operations at least. What an operation throws is a complaint and ends it.
  void run(Clock::time_point end);

 protected:
  [[nodiscard]] virtual bool is_connected() const = 0;
  /// Connects under the new tag.
  virtual void arrive() = 0;
  virtual void one_operation() = 0;
  /// As the protocol wants it.
  virtual void say_goodbye() = 0;

  /// "<tag:number:life>"
  [[nodiscard]] const std::string& tag() const noexcept { return tag_; }
  [[nodiscard]] unsigned number() const noexcept { return number_; }
  [[nodiscard]] Report& report() const noexcept { return report_; }
  [[nodiscard]] bool one_in(unsigned count) { return random_() % count == 0; }
  /// Complains of every tag in what has arrived that is not one's own.
  void check(std::string_view arrived) const;
  /// An answer of nobody's would carry no tag at all: it must be just that.
  void expect(const std::string& arrived, const std::string& expected) const;

  std::mt19937 random_;

 private:
  Report& report_;
  unsigned number_;
  unsigned life_ = 0;
  std::string tag_;
};

/// All of them at once until the time has passed; expects no complaint, and that each has done something.
void run_together(Report& report, const std::function<std::unique_ptr<TaggedClient>(unsigned number)>& make);

}  // namespace lockkeeper::testing::isolation
