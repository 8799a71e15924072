#include "rules/test_runs.hpp"

#include <algorithm>
#include <ranges>
#include <set>

namespace lockkeeper::rules {
namespace {

using model::WallTime;

void end(std::vector<TestRun>& runs, const model::TestMark& mark) {
  for (TestRun& run : std::views::reverse(runs)) {
    if (run.test != mark.test || run.ended) continue;
    run.ended = mark.at;
    return;
  }
}

WallTime end_of(const TestRun& run) { return run.ended.value_or(WallTime::max()); }

// Tests of one process may run at the same time: the next one is the first that began after this one's end. One whose
// end nobody has told ended when the next began.
void complete(std::vector<TestRun>& runs) {
  std::ranges::sort(runs, {}, &TestRun::began);
  WallTime last_end{};
  for (auto run = runs.begin(); run != runs.end(); ++run) {
    const auto after = run->ended ? std::ranges::lower_bound(runs, *run->ended, {}, &TestRun::began) : run;
    const auto next = std::find_if(std::max(after, std::next(run)), runs.end(),
                                   [&run](const TestRun& each) { return each.test != run->test; });
    if (next != runs.end()) {
      run->next_began = next->began;
      run->next_test = next->test;
      if (!run->ended) run->ended = next->began;
    }
    last_end = run->last_end = std::max(last_end, end_of(*run));
  }
}

void gather(const std::vector<TestRun>& runs, WallTime moment, std::vector<const TestRun*>& into) {
  auto place = std::ranges::upper_bound(runs, moment, {}, &TestRun::began);
  while (place != runs.begin()) {
    --place;
    if (end_of(*place) >= moment) into.push_back(&*place);
    if (place->last_end < moment) return;
  }
}

// As reporters name them: "posts > creates a post > with a picture".
bool is_part(const TestRun& inner, const TestRun& outer) {
  return inner.process == outer.process && inner.test.starts_with(outer.test + " > ");
}

}  // namespace

TestRuns::TestRuns(const std::vector<model::TestMark>& marks) {
  for (const model::TestMark& mark : marks) {
    auto& runs = runs_[mark.process];
    if (!mark.begins) {
      end(runs, mark);
      continue;
    }
    runs.push_back({.test = mark.test,
                    .process = mark.process,
                    .began = mark.at,
                    .ended = std::nullopt,
                    .next_began = std::nullopt,
                    .next_test = {},
                    .last_end = {}});
  }
  for (auto& [process, runs] : runs_) complete(runs);
}

std::vector<const TestRun*> TestRuns::at(model::WallTime moment, const std::vector<std::int64_t>& processes) const {
  std::vector<const std::vector<TestRun>*> searched;
  for (const std::int64_t process : processes) {
    const auto found = runs_.find(process);
    if (found == runs_.end()) continue;
    searched = {&found->second};
    break;
  }
  if (searched.empty()) {
    for (const auto& [process, runs] : runs_) searched.push_back(&runs);
  }
  std::vector<const TestRun*> found;
  for (const auto* runs : searched) gather(*runs, moment, found);
  std::ranges::sort(found, std::ranges::greater(), [](const TestRun* run) { return run->began; });
  // Those that it is a part of run at the same time, and say nothing more.
  if (!found.empty())
    std::erase_if(found, [inner = found.front()](const TestRun* run) { return run != inner && is_part(*inner, *run); });
  return found;
}

std::int64_t TestRuns::tests() const {
  std::set<std::string> names;
  for (const auto& [process, runs] : runs_) {
    for (const TestRun& run : runs) names.insert(run.test);
  }
  return static_cast<std::int64_t>(names.size());
}

}  // namespace lockkeeper::rules
