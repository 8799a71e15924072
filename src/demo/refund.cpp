// Incident 4: a result that is never closed keeps its connection, without a transaction, without a statement.
#include <fmt/format.h>

#include "demo/incident.hpp"

namespace lockkeeper::demo {
namespace {

constexpr std::size_t pool_size = 5;
constexpr const char* application = "shop-admin";

class Refunds : public Trouble {
 public:
  explicit Refunds(Stage& stage) : stage_(stage) {}

  bool begin() override {
    for (std::size_t number = 1; number <= pool_size; ++number) list_refunds();
    stage_.story().note(fmt::format(
        "{} lists of refunds have been shown. Each result was iterated, and none was closed: no transaction is open.",
        pool_size));
    pay_back();
    if (!stage_.sees_empty_pool(application, "its history")) return false;
    const bool disagree = paid() == 1 && recorded() == 0;
    if (disagree) stage_.story().note("In the database: the refund is paid, and no history of it.");
    waiting_.emplace([this] {
      Session session = stage_.connect(application, patience);
      session.run("INSERT INTO refund_history (refund) VALUES (1)");
    });
    return disagree;
  }

  Truth truth() const override {
    Truth truth{.rule = "held-outside-transaction", .sessions = {}, .words = {application}};
    for (const Listing& listing : held_) truth.sessions.insert(listing.session->id());
    return truth;
  }

  bool others_went_on() override {
    if (!stage_.comes_true([this] { return waiting_->is_over(); }) || !waiting_->is_done()) return false;
    stage_.story().note("The history that waited for a connection is written.");
    return recorded() == 1;
  }

 private:
  struct Listing {
    std::unique_ptr<Session> session;
    std::unique_ptr<RowStream> rows;  // goes before its session
  };

  void list_refunds() {
    Listing listing;
    listing.session = std::make_unique<Session>(stage_.connect(application, std::chrono::seconds(30)));
    listing.rows = listing.session->open("SELECT id, amount FROM refund ORDER BY id");
    Rows rows;
    while (listing.rows->next(rows, in(std::chrono::seconds(10)))) continue;
    held_.push_back(std::move(listing));
  }

  // Another service, with connections of its own.
  void pay_back() {
    Session service = stage_.connect_directly("shop-refund");
    service.run("UPDATE refund SET paid = 1 WHERE id = 1");
    stage_.story().note("A refund is asked for. The refund service pays it.");
  }
  [[nodiscard]] int paid() const {
    return stage_.connect_directly("shop-refund").number("SELECT count(*) FROM refund WHERE paid = 1");
  }
  [[nodiscard]] int recorded() const {
    return stage_.connect_directly("shop-refund").number("SELECT count(*) FROM refund_history");
  }

  Stage& stage_;
  std::vector<Listing> held_;
  std::optional<Task> waiting_;
};

// A result left half read, and a lease that is kept all the same.
Refusal refuse(Library& library) {
  Database& database = library.database();
  for (int id = 1; id <= 5; ++id) database.transact([&](TransactionRef tx) { library.write(tx, id); });
  database.without_transaction([](TransactionRef session) {
    for (const auto& [id] : session.stream<int>("SELECT id FROM work ORDER BY id")) {
      if (id == 2) break;
    }
  });
  const bool result_gave_it_back = database.pool().metrics().in_use == 0;
  Lease kept = database.pool().acquire({.leak = LeakPolicy{std::chrono::milliseconds(200), LeakAction::take_back}});
  kept.execute("SELECT count(*) FROM work");
  const auto told = library.told().wait_for(EventKind::leak, in(std::chrono::seconds(20)));
  const auto taken = library.told().wait_for(EventKind::reclaimed, in(std::chrono::seconds(20)));
  const auto error = failure_of([&] { kept.execute("SELECT count(*) FROM work"); });
  const bool refused = result_gave_it_back && told && taken && error && error->code == ErrorCode::reclaimed;
  return {refused, told ? words_of(*told) : "the lease was kept, and nobody was told",
          "A result that is left half read gave its connection back at the end of its scope; what was told of is a "
          "lease kept by hand, which the leak policy took back."};
}

}  // namespace

const Incident& refund() {
  static const Incident incident{
      .number = 4,
      .name = "refund",
      .mistake = "a result that never gives its connection back",
      .story =
          "An admin's pages list refunds by iterating over a result, and nothing closes the result. Each list keeps "
          "its connection, long after its last statement has ended.",
      .pool = {.connections = pool_size},
      .trouble = [](Stage& stage) -> std::unique_ptr<Trouble> { return std::make_unique<Refunds>(stage); },
      .refuse = refuse};
  return incident;
}

}  // namespace lockkeeper::demo
