#include "demo/library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "demo/waiting.hpp"

namespace lockkeeper::demo {
namespace {

PoolSettings settings(std::size_t connections) {
  PoolSettings settings;
  settings.name = "demo";
  settings.maximum_size = connections;
  settings.minimum_idle = 0;
  settings.acquire_timeout = std::chrono::seconds(20);
  settings.nested_acquire = NestedAcquire::off;  // The second connection is what is to be seen failing.
  settings.metrics_interval = std::chrono::milliseconds(0);
  return settings;
}

Target target(const std::string& url) {
  Target target;
  target.url = url;
  target.application_name = "shop-library";
  return target;
}

}  // namespace

void Told::on_event(const Event& event) noexcept {
  const std::lock_guard lock(mutex_);
  events_.push_back(event);
  changed_.notify_all();
}

std::optional<Event> Told::wait_for(EventKind kind, Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto find = [&] { return std::ranges::find(events_, kind, &Event::kind); };
  changed_.wait_until(lock, deadline, [&] { return find() != events_.end(); });
  const auto found = find();
  return found == events_.end() ? std::nullopt : std::optional(*found);
}

Library::Library(std::shared_ptr<Driver> driver, const std::string& url, std::size_t connections)
    : database_(std::move(driver), target(url), settings(connections), told_), engine_(Engine::sqlite) {
  database_.without_transaction([&](TransactionRef session) {
    engine_ = session.engine();
    session.execute("DROP TABLE IF EXISTS work");
    session.execute("CREATE TABLE work (id integer PRIMARY KEY, note varchar(100))");
  });
}

void Library::write(TransactionRef tx, int id) const {
  tx.execute(engine_ == Engine::postgres ? "INSERT INTO work (id, note) VALUES ($1, 'written')"
                                         : "INSERT INTO work (id, note) VALUES (?, 'written')",
             id);
}

int Library::rows() {
  return database_.transact([](TransactionRef tx) { return tx.value<int>("SELECT count(*) FROM work"); });
}

bool Library::is_whole() {
  Pool& pool = database_.pool();
  // Connections come back clean a moment later, on the pool's own threads.
  const auto all_back = [&] { return pool.metrics().in_use == 0 && pool.leases().empty(); };
  if (!comes_true(all_back, in(std::chrono::seconds(10)), [] { return false; })) return false;
  return !failure_of([&] { static_cast<void>(rows()); });
}

std::string words_of(const Error& error) { return fmt::format("{}: {}", to_string(error.code), error.message); }

std::string words_of(const Event& event) { return fmt::format("{}: {}", to_string(event.kind), event.message); }

}  // namespace lockkeeper::demo
