// Incident 3: a second connection while the first is held, in a pool of two.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <list>
#include <thread>

#include <lockkeeper/unit_of_work.hpp>

#include "demo/incident.hpp"

namespace lockkeeper::demo {
namespace {

constexpr std::size_t pool_size = 2;
constexpr const char* application = "shop-desk";

class Desk : public Trouble {
 public:
  explicit Desk(Stage& stage) : stage_(stage) {}

  bool begin() override {
    Meeting alone(1);
    draw("customer-0", alone);
    stage_.story().note("A customer alone is served: two connections, and there are two.");
    for (int customer = 1; customer <= 2; ++customer)
      tasks_.emplace_back([this, customer] { draw(fmt::format("customer-{}", customer), together_); });
    if (!stage_.comes_true([this] { return outer_[0] != 0 && outer_[1] != 0; })) return false;
    stage_.story().note("Now two at once. Each holds one connection, and waits for another: nobody can go on.");
    return true;
  }

  Truth truth() const override {
    Truth truth{.rule = stage_.on_postgres() ? "pool-deadlock" : "idle-transaction",
                .sessions = {outer_[0], outer_[1]},
                .also = {"nested-connection"},
                .words = {application, "INSERT INTO ticket"},
                .end_only = outer_[0]};
    return truth;
  }

  bool others_went_on() override {
    const auto both_are_over = [this] { return tasks_.front().is_over() && tasks_.back().is_over(); };
    if (!stage_.comes_true(both_are_over)) return false;
    const int served = (tasks_.front().is_done() ? 1 : 0) + (tasks_.back().is_done() ? 1 : 0);
    stage_.story().note(fmt::format("{} of the two is served; the other has an error, and may ask again.", served));
    return served == 1;
  }

 private:
  // A ticket, and its number in a transaction of its own: REQUIRES_NEW.
  void draw(const std::string& customer, Meeting& meeting) {
    Session outer = write_ticket(customer, meeting);
    if (&meeting == &together_) outer_[next_++] = outer.id();
    if (!meeting.arrive_and_wait()) return;
    {
      Session inner = stage_.connect(application, patience, customer);
      inner.begin();
      inner.run("UPDATE ticket_number SET last = last + 1 WHERE id = 1");
      inner.commit();
    }
    outer.commit();
  }

  [[nodiscard]] Session write_ticket(const std::string& customer, Meeting& meeting) try {
    Session session = stage_.connect(application, patience, customer);
    session.begin();
    session.learn_id(in(patience));
    session.run(fmt::format("INSERT INTO ticket (customer) VALUES ('{}')", customer));
    return session;
  } catch (...) {
    meeting.call_off();
    throw;
  }

  Stage& stage_;
  Meeting together_{2};
  std::atomic<std::size_t> next_{0};
  std::array<std::atomic<std::int64_t>, 2> outer_{};
  std::list<Task> tasks_;  // the last to come, the first to go
};

struct Draws {
  std::atomic<int> served{0};
  std::mutex mutex;
  std::optional<Error> error;
};

void draw(Library& library, const std::string& customer, Meeting& both_hold_one, Draws& draws) {
  const UnitOfWork unit(customer);
  // SQLite has one writer at a time: there the two read.
  const bool read_only = library.engine() == Engine::sqlite;
  const auto error = failure_of([&] {
    library.database().transact({.read_only = read_only}, [&](TransactionRef tx) {
      static_cast<void>(tx.value<int>("SELECT count(*) FROM work"));
      static_cast<void>(both_hold_one.arrive_and_wait());
      library.database().transact(
          {.propagation = Propagation::requires_new, .read_only = read_only},
          [](TransactionRef inner) { static_cast<void>(inner.value<int>("SELECT count(*) FROM work")); });
    });
  });
  if (!error) {
    ++draws.served;
    return;
  }
  both_hold_one.call_off();
  const std::lock_guard lock(draws.mutex);
  draws.error = error;
}

Refusal refuse(Library& library) {
  Meeting both_hold_one(2);
  Draws draws;
  const auto before = std::chrono::steady_clock::now();
  std::thread one([&] { draw(library, "customer 1", both_hold_one, draws); });
  std::thread two([&] { draw(library, "customer 2", both_hold_one, draws); });
  one.join();
  two.join();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - before);
  const bool refused = draws.error && draws.error->code == ErrorCode::pool_deadlock && draws.served == 1;
  return {refused, draws.error ? words_of(*draws.error) : "both waited, and nobody was told",
          fmt::format("One of the two failed the moment the ring closed, the other was served: {} ms in all.",
                      took.count())};
}

}  // namespace

const Incident& counter() {
  static const Incident incident{
      .number = 3,
      .name = "counter",
      .mistake = "a second connection while the first is held",
      .story =
          "A desk gives out tickets: it writes the ticket in one transaction and counts the number in another, "
          "on a second connection (REQUIRES_NEW). To save connections its pool was cut to two.",
      .pool = {.connections = pool_size, .by_transaction = true},
      .trouble = [](Stage& stage) -> std::unique_ptr<Trouble> { return std::make_unique<Desk>(stage); },
      .refuse = refuse,
      .library_connections = 2};
  return incident;
}

}  // namespace lockkeeper::demo
