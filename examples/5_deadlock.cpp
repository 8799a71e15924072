// Two threads, a pool of two, and each wants a second connection while it holds its first: elsewhere a silence of
// thirty seconds and a timeout without a reason. Here the thread that closes the ring fails at once and is told why.
//
//   ./5_deadlock [URL]     without URL on a SQLite file; with one on that database, which is only read
//
// Says: went on: the other's connection had come free
#include <chrono>
#include <future>
#include <iostream>
#include <string>

#include <lockkeeper/database.hpp>
#include <lockkeeper/unit_of_work.hpp>

#include "example.hpp"

namespace {

using namespace lockkeeper;

/// Holds a transaction and then begins another one: the mistake. The futures only make sure that both threads are
/// there.
std::string nest(Database& db, const std::string& name, std::promise<void> here, std::future<void> other) {
  UnitOfWork unit(name);  // So that messages speak of requests, not of threads.
  const auto began = std::chrono::steady_clock::now();
  try {
    db.transact({.read_only = true}, [&](TransactionRef) {
      here.set_value();
      if (other.wait_for(std::chrono::seconds(10)) != std::future_status::ready) return;
      db.transact({.propagation = Propagation::requires_new, .read_only = true},
                  [](TransactionRef inner) { inner.execute("SELECT 1"); });
    });
    return name + " went on: the other's connection had come free\n";
  } catch (const Failure& failure) {
    const auto waited = std::chrono::steady_clock::now() - began;
    const bool soon = waited < std::chrono::seconds(5);  // The acquire timeout is 30 seconds.
    return name + " failed " + (soon ? "at once" : "late") + ": " + std::string(to_string(failure.error().code)) +
           "\n" + failure.what() + "\n";
  }
}

void deadlock(const example::Place& place) {
  // Nested acquires are told to the listener by default, wherever they happen: that would give this one away too early.
  Database db(place.driver(), {.url = place.url()},
              {.name = "small", .maximum_size = 2, .nested_acquire = NestedAcquire::off});
  std::promise<void> first;
  std::promise<void> second;
  std::future<void> first_is_here = first.get_future();
  std::future<void> second_is_here = second.get_future();
  auto one =
      std::async(std::launch::async, nest, std::ref(db), "GET /orders", std::move(first), std::move(second_is_here));
  auto two =
      std::async(std::launch::async, nest, std::ref(db), "GET /posts", std::move(second), std::move(first_is_here));
  std::cout << one.get() << two.get();
}

}  // namespace

int main(int argc, char** argv) { return example::run(argc, argv, deadlock); }
