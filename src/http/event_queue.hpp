// What one reader of the event stream has still to be sent. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace lockkeeper::http {

/// A newer look takes the place of an older one of the same server; of findings none is left out, so that a reader who
/// leaves too many unread is cut.
class EventQueue {
 public:
  explicit EventQueue(std::size_t most) : most_(most) {}

  void add_look(std::string_view server, std::string text);
  void add_finding(std::string text);

  /// It was too slow: nothing more is added, and the connection is to be ended.
  [[nodiscard]] bool cut() const noexcept { return cut_; }
  [[nodiscard]] bool empty() const noexcept { return events_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return events_.size(); }

  /// All of them, in order, and none is left.
  [[nodiscard]] std::string take();

 private:
  struct Event {
    std::string look_of;  // empty: a finding
    std::string text;
  };

  void add(Event event);

  std::size_t most_;
  std::deque<Event> events_;
  bool cut_ = false;
};

}  // namespace lockkeeper::http
