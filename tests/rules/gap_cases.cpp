#include "rules/gap_cases.hpp"

#include "rules/gap_sight.hpp"
#include "rules/gap_test.hpp"

namespace lockkeeper::test {

using namespace std::chrono_literals;
using model::GapVerdict;

constexpr std::string_view stock_update = "UPDATE stock SET left = left - 1 WHERE id = 7";

model::GapShapeState learnt_state(const model::ShapeKey& key, std::string_view text, GapVerdict verdict) {
  model::GapShapeState state;
  state.key = key;
  state.text = statement(text).text;
  const auto begin = look_time() - 2h;
  const int count = verdict == GapVerdict::learning ? 12 : 300;
  rules::GapLimits limits;
  limits.needed = 300;
  for (int gap = 0; gap < count; ++gap)
    rules::add_completed(state, std::chrono::milliseconds(gap % 100 * 10 + 10), 1, limits, begin);
  std::vector<model::Duration> open;
  if (verdict == GapVerdict::leaked) open = {1h, 1h, 1h, 1h, 1h};
  if (verdict == GapVerdict::slow) open = std::vector<model::Duration>(40, 20s);
  std::uint64_t session = 0;
  for (const auto age : open) {
    rules::add_exposure(state, 0s, age, ++session);
    if (verdict == GapVerdict::slow) {
      rules::add_exposure(state, 0s, 30s, session);
      rules::add_completed(state, 30s, 1, {}, begin);
    }
  }
  if (verdict == GapVerdict::learning) return state;
  rules::weigh(state);
  rules::decide(state, {100, 100}, open, {}, look_time() - 1h);
  state.next_look = look_time() + 1min;
  if (state.verdict != verdict) throw std::logic_error("not the verdict that was asked for");
  return state;
}

model::ShapeKey viewed_key(std::string_view text, std::string application) {
  return {std::move(application), "alice", "shop", statement(text).fingerprint.value, 0};
}

void learn(Scene& scene, std::vector<model::GapShapeState> states) {
  auto& book = scene.gaps.emplace();
  book.restore(std::move(states));
  book.learn(scene.seen(), scene.recording ? &*scene.recording : nullptr);
}

Scene leaking() {
  Scene scene;
  for (std::int64_t pid = 1; pid <= 4; ++pid)
    scene.add(client(pid)
                  .idle_in_transaction(pid * 10min)
                  .ran(stock_update)
                  .wrote()
                  .holds("RowExclusiveLock", "public.stock"));
  scene.add(client(5).idle_in_transaction(12s).ran(stock_update));
  scene.add(client(6).active(5s)).wait(6, 2, 5s);
  learn(scene, {learnt_state(viewed_key(stock_update), stock_update, GapVerdict::leaked)});
  return scene;
}

Scene slowing() {
  Scene scene;
  for (std::int64_t pid = 1; pid <= 3; ++pid)
    scene.add(client(pid).idle_in_transaction(pid * 7s).ran(stock_update).wrote());
  scene.add(client(4).idle_in_transaction(2s).ran(stock_update));
  scene.add(client(6).active(5s)).wait(6, 2, 5s);
  learn(scene, {learnt_state(viewed_key(stock_update), stock_update, GapVerdict::slow)});
  return scene;
}

Recorded leaking_clients() {
  Recorded scene = webhook_leak();
  for (auto& client : scene.recording->clients) {
    if (client.transaction) client.state_since -= 10min;
  }
  const auto& first = scene.recording->clients.front();
  learn(scene,
        {learnt_state(rules::shape_of(*first.who, *first.transaction), first.statement->text, GapVerdict::leaked)});
  return scene;
}

Scene still_learning() {
  Scene scene;
  scene.add(client(1).idle_in_transaction(20min).ran(stock_update));
  learn(scene, {learnt_state(viewed_key(stock_update), stock_update, GapVerdict::learning)});
  return scene;
}

std::vector<Scene> gap_cases() { return {leaking(), slowing(), leaking_clients(), still_learning()}; }

}  // namespace lockkeeper::test
