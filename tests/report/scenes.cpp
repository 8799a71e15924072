#include "report/scenes.hpp"

#include <algorithm>
#include <utility>

namespace lockkeeper::test {

using namespace std::chrono_literals;

model::Diagnosis diagnose(const Scene& scene) {
  model::Diagnosis diagnosis;
  diagnosis.url = shop_url;
  diagnosis.observed_at = scene.snapshot.taken_at;
  if (!scene.recorder_alone) diagnosis.server = scene.snapshot.server;
  diagnosis.missing = scene.seen().missing;
  diagnosis.findings = scene.judge_all();
  diagnosis.looks = 1;
  for (const auto& session : scene.snapshot.sessions) {
    ++diagnosis.counts.clients;
    diagnosis.counts.active += session.state == model::SessionState::active ? 1 : 0;
    diagnosis.counts.idle_in_transaction += session.idle_in_transaction() ? 1 : 0;
  }
  diagnosis.counts.waiting = static_cast<std::int64_t>(scene.snapshot.waits.size());
  return diagnosis;
}

Scene leaking_webhooks() {
  Scene scene;
  scene.snapshot.server.max_connections = 500;
  for (std::int64_t pid = 100; pid < 170; ++pid) {
    scene.add(client(pid)
                  .named("webhook")
                  .of("hooks")
                  .idle_in_transaction(15s + (pid - 100) * 1s)
                  .ran("SELECT id, name FROM platforms WHERE name = 'x'")
                  .holds("AccessShareLock", "public.platforms"));
  }
  return scene.add_idle_clients(5);
}

Scene sleeping_publisher() {
  Scene scene;
  scene.add(client(4711)
                .named("post-publisher")
                .idle_in_transaction(95s, 100s)
                .ran("UPDATE posts SET published = true WHERE id = 42")
                .wrote(120)
                .holds("RowExclusiveLock", "public.posts"));
  for (std::int64_t pid = 4801; pid <= 4813; ++pid) {
    scene.add(client(pid).named("web").of("web").active(90s - (pid - 4801) * 1s).ran("UPDATE posts SET likes = 1"));
    pid == 4801 ? scene.wait(pid, 4711, 90s) : scene.queue(pid, pid - 1, 90s - (pid - 4801) * 1s);
  }
  scene.add(client(4900).named("reader").active(4s)).wait(4900, 4802, 4s);
  return scene;
}

model::ActionReport planned_kill() {
  const Scene scene = sleeping_publisher();
  const auto diagnosis = diagnose(scene);
  model::ActionReport report;
  report.url = shop_url;
  report.observed_at = scene.snapshot.taken_at;
  report.server = scene.snapshot.server;
  report.finding = *std::ranges::find(diagnosis.findings, model::RuleId("root-blocker"), &model::Finding::rule);
  report.targets.push_back({report.finding->subjects.front(), {model::ActionOutcome::would_act, ""}});
  report.predicted_freed = {id_of(4801), id_of(4802), id_of(4803), id_of(4900)};
  return report;
}

model::ActionReport acted_kill() {
  model::ActionReport report = planned_kill();
  report.dry_run = false;
  report.targets.front().result.outcome = model::ActionOutcome::done;
  auto other = client(4712).named("post-publisher").idle_in_transaction(12s).session();
  report.targets.push_back({other, {model::ActionOutcome::moved_on, "it moved on: its state is active now"}});
  report.went_on = {id_of(4801), id_of(4802), id_of(4900)};
  report.still_waiting = {id_of(4803)};
  report.audit = "audit.jsonl";
  return report;
}

report::Options with_width(std::size_t width) {
  report::Options options;
  options.width = width;
  return options;
}

report::Options in_colour() {
  report::Options options;
  options.colour = true;
  return options;
}

report::Options with_arguments(std::string arguments) {
  report::Options options;
  options.arguments = std::move(arguments);
  return options;
}

}  // namespace lockkeeper::test
