
#include "rules/recordings.hpp"

namespace lockkeeper::test {

using namespace std::chrono_literals;
using model::OddityKind;
using model::TransactionEnd;

// A request's session was handed to background work: a read opened a transaction, and nobody ends it. A sibling of the
// same program works on.
Recorded webhook_leak() {
  Recorded scene;
  for (std::int64_t number = 0; number < 3; ++number) {
    const std::int64_t pid = 100 + number;
    const auto age = 40s + number * 10s;
    // The recorder opened the server connection: that is the name and address which the server sees.
    scene.add(client(pid)
                  .named("lockkeeper")
                  .idle_in_transaction(age)
                  .ran("SELECT * FROM instagram_product WHERE origin_id = 7"));
    scene.add(recorded(static_cast<std::uint64_t>(number) + 1)
                  .named("webhook")
                  .began(age + 200ms)
                  .ran("SELECT * FROM shops WHERE id = 3", age + 150ms)
                  .ran("SELECT * FROM instagram_product WHERE origin_id = 7", age + 5ms)
                  .holds(pid));
  }
  scene.add(client(110).named("lockkeeper").active(10ms));
  scene.add(recorded(9).named("webhook").active("SELECT 1", 10ms).holds(110));
  return scene;
}

// The page query's cursor is another column than its order: the same page again and again, with a sleep between.
Recorded stuck_post() {
  Recorded scene;
  auto publisher = recorded(1).named("post-publisher");
  publisher.began(600s).ran("INSERT INTO post VALUES (1)", 599900ms);
  for (std::int64_t round = 0; round < 300; ++round) {
    const auto age = 599s - round * 2s;
    publisher.ran("SELECT id FROM follower WHERE seen > $1 ORDER BY id LIMIT 50", age,
                  {.took = 3ms, .rows = 50, .parameters = 4242});
    for (std::int64_t row = 0; row < 5; ++row)
      publisher.ran("INSERT INTO push_notification VALUES ($1)", age - 10ms - row * 2ms,
                    {.took = 1ms, .parameters = static_cast<std::uint64_t>(round * 5 + row)});
  }
  publisher.holds(4711);
  scene.add(publisher);
  scene.add(client(4711)
                .idle_in_transaction(900ms, 600s)
                .ran("INSERT INTO push_notification VALUES (1)")
                .wrote()
                .holds("RowExclusiveLock", "public.post"));
  scene.add(client(4712).active(30s)).wait(4712, 4711, 30s);
  scene.add(recorded(2)
                .named("post-publisher")
                .began(31s)
                .ran("INSERT INTO post VALUES (1)", 30900ms)
                .active("UPDATE post_media SET state = 1", 30s)
                .holds(4712));
  return scene;
}

// A child commits its parent's transaction; an early return leaves one open, and the next borrower begins in it.
Recorded lonely_test() {
  Recorded scene;
  const auto parent = recorded(1).named("api-test");
  auto shared = parent;
  shared.began(20s).ran("INSERT INTO users VALUES (1)", 19900ms);
  scene.ends(shared, TransactionEnd::committed, 19800ms);
  scene.odd(parent, OddityKind::foreign_commit, 19700ms, "COMMIT");
  auto early = recorded(2).named("api-test");
  early.began(10s).ran("SELECT * FROM users WHERE mail = 'a'", 9900ms);
  scene.odd(early, OddityKind::begin_inside_transaction, 4s, "BEGIN");
  scene.ends(early, TransactionEnd::abandoned, 1s);
  return scene;
}

Recorded remote_calls() {
  Recorded scene;
  for (std::uint64_t number = 1; number <= 4; ++number) {
    const auto age = std::chrono::seconds(20 * number);
    auto checkout = recorded(number).named("checkout");
    checkout.began(age).ran("SELECT * FROM carts WHERE id = 1 FOR UPDATE", age - 5ms);
    checkout.ran("UPDATE orders SET paid = true", age - 4s);
    scene.ends(checkout, number == 4 ? TransactionEnd::rolled_back : TransactionEnd::committed, age - 4010ms);
  }
  auto quick = recorded(9).named("checkout");
  quick.began(3s).ran("SELECT * FROM carts WHERE id = 1 FOR UPDATE", 2999ms);
  return scene.ends(quick, TransactionEnd::committed, 2990ms);
}

Recorded half_read() {
  Recorded scene;
  auto reader = recorded(5).named("refund");
  reader.began(90s).ran("SELECT * FROM refunds", 89s, {.took = 20ms, .rows = 100}).holds(31);
  reader.portal("C_1", "SELECT * FROM refunds", 89s, 100);
  scene.add(reader);
  scene.add(client(31).idle_in_transaction(88980ms, 90s).ran("SELECT * FROM refunds").sees(5000));
  return scene;
}

// Twice within ten minutes all workers leave with what they had leaked.
Recorded restarting_workers() {
  Recorded scene;
  std::uint64_t id = 1;
  for (const auto restart : {610s, 10s}) {
    for (std::int64_t worker = 0; worker < 5; ++worker) {
      auto leaked = recorded(id++).named("api");
      leaked.began(restart + 60s).ran("SELECT * FROM users WHERE mail = 'a'", restart + 60s);
      scene.ends(leaked, TransactionEnd::abandoned, restart - worker * 100ms);
    }
  }
  return scene;
}

Recorded sleeping_sessions() {
  Recorded scene;
  for (std::uint64_t id = 1; id <= 4; ++id)
    scene.add(recorded(id)
                  .named("portal")
                  .idle(std::chrono::seconds(60 * id))
                  .in_session_mode()
                  .holds(static_cast<std::int64_t>(id)));
  scene.add(recorded(5).waiting(3s).in_session_mode());
  return scene.pool_in_session_mode(4);
}

Recorded dry_pool() {
  Recorded scene;
  for (std::int64_t pid = 1; pid <= 3; ++pid) {
    const auto age = 60s + pid * 1s;
    scene.add(recorded(static_cast<std::uint64_t>(pid))
                  .named("webhook")
                  .began(age)
                  .ran("SELECT * FROM products WHERE id = 1", age - 1ms)
                  .holds(pid));
    scene.add(client(pid).idle_in_transaction(age - 6ms, age).ran("SELECT * FROM products WHERE id = 1"));
  }
  scene.add(recorded(4).began(100ms).active("SELECT 1", 50ms).holds(4));
  scene.add(recorded(11).waiting(20s)).add(recorded(12).waiting(5s));
  return scene.pool(4);
}

// A pool of two, two units, each with a transaction open and in the queue for a second connection.
Recorded requires_new() {
  Recorded scene;
  for (std::uint64_t number = 1; number <= 2; ++number) {
    const std::string unit = "4bf92f3577b34da6-" + std::to_string(number);
    scene.add(recorded(number)
                  .named("counter")
                  .unit(unit)
                  .began(12s)
                  .ran("INSERT INTO orders VALUES (1)", 11990ms)
                  .holds(static_cast<std::int64_t>(number)));
    scene.add(recorded(number + 10).named("counter").unit(unit).waiting(11s + std::chrono::milliseconds(number)));
  }
  return scene.pool(2);
}

// A pool of one: its holder waits for a row that somebody beside the pool has, whose unit waits for the pool.
Recorded pool_and_lock() {
  Recorded scene;
  const auto age = 15s;
  // Another database user's pool: its holder is a unit that also waits in the first pool.
  scene.add(recorded(1).named("ledger").unit("unit-a").began(age).active("UPDATE accounts SET sum = 1", 10s).holds(1));
  scene.add(recorded(2)
                .named("audit")
                .of("auditor")
                .unit("unit-b")
                .began(age)
                .ran("UPDATE accounts SET sum = 2", age - 1ms)
                .holds(2));
  scene.add(recorded(3).named("audit").unit("unit-b").waiting(9s));
  scene.add(client(1).active(10s).ran("UPDATE accounts SET sum = 1").wrote());
  scene.add(client(2).of("auditor").idle_in_transaction(14s, age).ran("UPDATE accounts SET sum = 2").wrote());
  scene.wait(1, 2, 10s);
  scene.pool(1);
  scene.recording->pools.back().now.in_use = 1;
  return scene;
}

Recorded broken_commit() {
  Recorded scene;
  auto paying = recorded(3).named("billing");
  paying.began(70s).ran("INSERT INTO payments VALUES (1)", 69s, {.rows = 2});
  scene.ends(paying, TransactionEnd::unknown, 68s);
  return scene;
}

std::vector<RecordedCase> recorded_cases() {
  std::vector<RecordedCase> cases{{"webhook leak", webhook_leak()},
                                  {"stuck post", stuck_post()},
                                  {"lonely test", lonely_test()},
                                  {"remote calls", remote_calls()},
                                  {"half read", half_read()},
                                  {"restarting workers", restarting_workers()},
                                  {"sleeping sessions", sleeping_sessions()},
                                  {"dry pool", dry_pool()},
                                  {"requires new", requires_new()},
                                  {"pool and lock", pool_and_lock()},
                                  {"broken commit", broken_commit()}};
  const std::size_t count = cases.size();
  for (std::size_t index = 0; index < count; ++index) {
    cases.push_back({cases[index].name + ", recorder alone", Recorded(cases[index].scene).alone()});
    cases.push_back({cases[index].name + ", facts lost", Recorded(cases[index].scene).lost(12)});
  }
  return cases;
}

}  // namespace lockkeeper::test
