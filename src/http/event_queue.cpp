#include "http/event_queue.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::http {

void EventQueue::add_look(std::string_view server, std::string text) {
  if (const auto older = std::ranges::find(events_, server, &Event::look_of); older != events_.end())
    events_.erase(older);
  add({std::string(server), std::move(text)});
}

void EventQueue::add_finding(std::string text) { add({"", std::move(text)}); }

void EventQueue::add(Event event) {
  if (cut_) return;
  if (events_.size() >= most_) {
    cut_ = true;
    events_.clear();
    return;
  }
  events_.push_back(std::move(event));
}

std::string EventQueue::take() {
  std::string all;
  for (const Event& event : events_) all += event.text;
  events_.clear();
  return all;
}

}  // namespace lockkeeper::http
