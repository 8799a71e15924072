#include "http/event_hub.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "http/changes.hpp"
#include "report/board_json.hpp"

namespace lockkeeper::http {
namespace {

std::string event(std::uint64_t id, std::string_view kind, std::string_view data) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id, kind, data);
}

bool looked_at(const diagnose::View& view) { return view.diagnosis.looks > 0 || view.diagnosis.failure; }

}  // namespace

std::string EventHub::look_text(const diagnose::View& view) const {
  return event(version_, "look",
               report::look_event_json(view.name, version_, diagnose::sample_of(view), view.diagnosis.findings));
}

std::shared_ptr<EventReader> EventHub::join() {
  std::erase_if(readers_, [](const auto& reader) { return reader.expired(); });
  if (readers_.size() >= most_readers_) return nullptr;
  auto reader = std::make_shared<EventReader>(EventReader{.queue = EventQueue(most_events_)});
  for (const auto& [name, view] : known_) {
    if (looked_at(*view)) reader->queue.add_look(name, look_text(*view));
  }
  readers_.push_back(reader);
  return reader;
}

void EventHub::watch(const diagnose::Board& board, const std::function<void(const diagnose::View&)>& each) {
  const std::uint64_t version = board.version();
  if (version == version_) return;
  version_ = version;
  for (auto& view : board.views()) {
    ViewPtr& known = known_[view->name];
    if (known == view) continue;
    if (looked_at(*view)) {
      tell(known.get(), *view);
      each(*view);
    }
    known = std::move(view);
  }
}

void EventHub::tell(const diagnose::View* before, const diagnose::View& now) {
  std::vector<std::shared_ptr<EventReader>> readers;
  for (const auto& reader : readers_) {
    if (auto there = reader.lock()) readers.push_back(std::move(there));
  }
  if (readers.empty()) return;
  static const std::vector<model::Finding> none;
  std::vector<std::string> findings;
  for (const Change& change : changes(before != nullptr ? before->diagnosis.findings : none, now.diagnosis.findings)) {
    findings.push_back(
        event(version_, "finding", report::finding_event_json(now.name, to_string(change.kind), *change.finding)));
  }
  const std::string look = look_text(now);
  for (const auto& reader : readers) {
    reader->queue.add_look(now.name, look);
    for (const auto& finding : findings) reader->queue.add_finding(finding);
    reader->wake();
  }
}

}  // namespace lockkeeper::http
