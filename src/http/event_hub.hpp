// The board's news, told to every reader of the event stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "diagnose/board.hpp"
#include "http/event_queue.hpp"

namespace lockkeeper::http {

/// One who reads the stream.
struct EventReader {
  EventQueue queue;
  std::function<void()> wake = [] {};  ///< Called when there is something in the queue, or it was cut.
};

/// Belongs to the loop's thread.
class EventHub {
 public:
  EventHub(std::size_t most_readers, std::size_t most_events)
      : most_readers_(most_readers), most_events_(most_events) {}

  /// Its queue begins with the newest look of each server that was looked at. nullptr: there are too many already. It
  /// takes part until it is destroyed.
  [[nodiscard]] std::shared_ptr<EventReader> join();

  /// What has been published since the last call. `each`: called with each view that is new.
  void watch(const diagnose::Board& board, const std::function<void(const diagnose::View&)>& each);

 private:
  using ViewPtr = std::shared_ptr<const diagnose::View>;

  void tell(const diagnose::View* before, const diagnose::View& now);
  [[nodiscard]] std::string look_text(const diagnose::View& view) const;

  std::size_t most_readers_;
  std::size_t most_events_;
  std::uint64_t version_ = 0;
  std::map<std::string, ViewPtr, std::less<>> known_;
  std::list<std::weak_ptr<EventReader>> readers_;
};

}  // namespace lockkeeper::http
