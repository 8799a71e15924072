// Incident 1: a request's session handed to background work, which opens a transaction that nobody ends.
#include <fmt/format.h>

#include <thread>

#include "demo/incident.hpp"

namespace lockkeeper::demo {
namespace {

constexpr std::size_t pool_size = 6;
constexpr const char* application = "shop-webhook";

class Webhooks : public Trouble {
 public:
  explicit Webhooks(Stage& stage) : stage_(stage) {}

  bool begin() override {
    for (std::size_t number = 1; number <= pool_size; ++number) serve(static_cast<int>(number));
    stage_.story().note(
        fmt::format("{} webhooks have been answered. The work behind each has read a product, and sleeps.", pool_size));
    if (!stage_.sees_empty_pool(application, fmt::format("webhook {}", pool_size + 1))) return false;
    waiting_.emplace([this] {
      Session session = stage_.connect(application, patience);
      session.begin();
      session.run("UPDATE product SET price = price + 1 WHERE id = 7");
      session.commit();
    });
    return true;
  }

  Truth truth() const override {
    Truth truth{.rule = "idle-transaction", .sessions = {}, .words = {application, "FROM product"}};
    for (const Session& session : leaked_) truth.sessions.insert(session.id());
    return truth;
  }

  bool others_went_on() override {
    if (!stage_.comes_true([this] { return waiting_->is_over(); }) || !waiting_->is_done()) return false;
    stage_.story().note("The webhook that waited has its connection, and is done.");
    return true;
  }

 private:
  // The handler answers, and hands its session on; what is lost is the session's end.
  void serve(int product) {
    Session session = stage_.connect(application, std::chrono::seconds(30));
    session.begin();
    session.run(fmt::format("SELECT name, price FROM product WHERE id = {}", product));
    leaked_.push_back(std::move(session));
  }

  Stage& stage_;
  std::vector<Session> leaked_;
  std::optional<Task> waiting_;
};

// The request's transaction, used by a thread of its own.
Refusal refuse(Library& library) {
  std::optional<Error> error;
  library.database().transact([&](TransactionRef tx) {
    library.write(tx, 1);
    std::thread([&] { error = failure_of([&] { library.write(tx, 2); }); }).join();
  });
  const bool refused = error && error->code == ErrorCode::foreign_use && library.rows() == 1;
  return {refused, error ? words_of(*error) : "the other thread wrote in the request's transaction",
          "Handed to lockkeeper::Background, as a capture or an argument, it does not compile."};
}

}  // namespace

const Incident& webhook() {
  static const Incident incident{
      .number = 1,
      .name = "webhook",
      .mistake = "a request's session handed to background work",
      .story =
          "A shop's webhook answers at once and leaves the rest to background work, with the request's own "
          "database session. The work reads one row. That opens a transaction, and nobody is left to end it.",
      .pool = {.connections = pool_size},
      .trouble = [](Stage& stage) -> std::unique_ptr<Trouble> { return std::make_unique<Webhooks>(stage); },
      .refuse = refuse};
  return incident;
}

}  // namespace lockkeeper::demo
