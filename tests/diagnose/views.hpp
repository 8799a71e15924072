// Views for tests of what reads the board, out of the scenes of the rules' tests.
#pragma once

#include <memory>
#include <string>

#include "diagnose/board.hpp"
#include "rules/recordings.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::test {

/// The view of a look at this scene, with what all rules find in it.
inline std::shared_ptr<diagnose::View> view_of(const Scene& scene, std::string name = "main") {
  auto view = std::make_shared<diagnose::View>();
  view->name = std::move(name);
  view->published_at = look_time();
  view->diagnosis.findings = scene.judge_all();
  view->diagnosis.observed_at = look_time();
  view->diagnosis.looks = 1;
  view->observed.snapshot = std::make_shared<const model::Snapshot>(scene.snapshot);
  view->observed.judged = std::make_shared<const model::Snapshot>(scene.seen());
  if (scene.recording) view->observed.recording = std::make_shared<const model::Recording>(*scene.recording);
  return view;
}

}  // namespace lockkeeper::test
