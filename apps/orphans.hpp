// Ends the sessions that a server still works for though their clients have gone.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "collect/collector.hpp"
#include "proxy/orphan.hpp"

namespace lockkeeper {

/// Thread-safe. A thread of its own, since a look, a kill and a rollback take their time; nobody waits for it.
class Orphans {
 public:
  using Log = std::function<void(bool warning, std::string_view text)>;

  /// `collector`: at the server of all orphans that are added.
  Orphans(std::unique_ptr<collect::Collector> collector, Log log);
  Orphans(const Orphans&) = delete;
  Orphans& operator=(const Orphans&) = delete;
  /// What is under way is finished, for some seconds at most.
  ~Orphans();

  /// Soon, unless too many wait already: that is logged.
  void add(const proxy::Orphan& orphan);

 private:
  void run();
  void end(const proxy::Orphan& orphan);
  [[nodiscard]] bool wait_a_little();

  std::unique_ptr<collect::Collector> collector_;
  Log log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<proxy::Orphan> waiting_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace lockkeeper
