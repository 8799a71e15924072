#include "cli/top/scenes.hpp"

#include <map>
#include <utility>

#include "rules/blocking.hpp"

namespace lockkeeper::cli::top {
namespace {

using namespace std::chrono_literals;
using namespace test;

std::shared_ptr<diagnose::View> view_of(const Scene& scene) {
  auto view = std::make_shared<diagnose::View>();
  view->name = "db.example";
  view->observed.snapshot = std::make_shared<const model::Snapshot>(scene.snapshot);
  view->observed.judged = view->observed.snapshot;
  view->published_at = look_time();
  model::Diagnosis& diagnosis = view->diagnosis;
  diagnosis.url = "postgresql://monitor@db.example/shop";
  diagnosis.observed_at = look_time();
  diagnosis.server = scene.snapshot.server;
  diagnosis.missing = scene.snapshot.missing;
  diagnosis.looks = 1;
  diagnosis.findings = scene.judge_all();
  const rules::Blocking blocking(*view->observed.judged);
  for (const model::Holder& holder : blocking.roots()) {
    const model::Holder one[] = {holder};
    view->roots.push_back({holder, blocking.behind(holder), blocking.freed_by(one), blocking.longest_wait(holder)});
  }
  view->rings = blocking.rings();
  return view;
}

Key key_of(const std::string& word) {
  using Kind = Key::Kind;
  static const std::map<std::string, Kind> names{
      {"<up>", Kind::up},         {"<down>", Kind::down},      {"<home>", Kind::home},           {"<end>", Kind::end},
      {"<enter>", Kind::enter},   {"<esc>", Kind::escape},     {"<backspace>", Kind::backspace}, {"<tab>", Kind::tab},
      {"<btab>", Kind::back_tab}, {"<pgdn>", Kind::page_down}, {"<pgup>", Kind::page_up}};
  const auto found = names.find(word);
  return found == names.end() ? Key::of(word) : Key{found->second, {}};
}

}  // namespace

Picture picture_of(const Scene& scene) { return make_picture(view_of(scene)); }

Picture nothing_seen() {
  auto view = std::make_shared<diagnose::View>();
  view->name = "db.example";
  return make_picture(std::move(view));
}

Picture failed(const Scene* seen) {
  auto view = seen != nullptr ? view_of(*seen) : std::make_shared<diagnose::View>();
  view->name = "db.example";
  view->published_at = look_time();
  view->diagnosis.url = "postgresql://monitor@db.example/shop";
  view->diagnosis.failure = {"unreachable",
                             "connection to server at \"db.example\", port 5432 failed: Connection refused",
                             "Is the server running there, and does a firewall let this host through?"};
  return make_picture(std::move(view));
}

Scene busy_shop() {
  Scene scene;
  scene.add(client(101)
                .named("post-publisher")
                .idle_in_transaction(4min, 5min)
                .ran("UPDATE followers SET n = n + 1")
                .wrote()
                .holds("RowExclusiveLock", "public.followers"));
  scene.add(client(102).named("api").active(12s).open(12s).ran("UPDATE followers SET n = n - 1"));
  scene.add(client(103).named("api").active(8s).open(8s).ran("UPDATE followers SET n = n - 1"));
  scene.add(client(104).named("api").active(3s).open(3s).ran("DELETE FROM followers WHERE id = 7"));
  scene.wait(102, 101, 12s).queue(103, 102, 8s).queue(104, 103, 3s);
  scene.add(client(201).named("webhooks").idle_in_transaction(31s).ran("SELECT * FROM hooks WHERE id = 1"));
  scene.add(client(301).named("日本語アプリ名前").of("bob").active(300ms).ran("SELECT sum(total) FROM orders"));
  scene.add_idle_clients(5);
  return scene;
}

std::string screen(const State& state, const Picture& picture, Size size) {
  return text_of(layout(state, picture, {size, look_time()}));
}

Turn press_all(State state, const Picture& picture, const std::vector<std::string>& keys, Size size) {
  Turn turn{std::move(state), {}};
  for (const std::string& word : keys) turn = press(std::move(turn.state), key_of(word), picture, size);
  return turn;
}

}  // namespace lockkeeper::cli::top
