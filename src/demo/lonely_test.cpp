// Incident 5: early returns between begin and commit, and a child that commits its parent's transaction.
#include <fmt/format.h>

#include <expected>

#include "demo/incident.hpp"

namespace lockkeeper::demo {
namespace {

constexpr std::size_t pool_size = 3;
constexpr const char* application = "shop-users";

class Controllers : public Trouble {
 public:
  explicit Controllers(Stage& stage) : stage_(stage) {}

  bool begin() override {
    create_with_profile();
    stage_.story().note(
        "A test passes: an account with its profile, although the child commits and so does its parent.");
    for (std::size_t number = 1; number <= pool_size; ++number) create_taken(static_cast<int>(number));
    stage_.story().note(fmt::format(
        "{} more pass: the name is taken, the controller returns 400, and no transaction ends.", pool_size));
    if (!stage_.sees_empty_pool(application, fmt::format("test {}", pool_size + 2))) return false;
    waiting_.emplace([this] { create_with_profile(); });
    return true;
  }

  Truth truth() const override {
    Truth truth{.rule = "idle-transaction",
                .sessions = {},
                .also = {"foreign-commit"},
                .words = {application, "FROM account", "INSERT INTO profile"}};
    for (const Session& session : leaked_) truth.sessions.insert(session.id());
    return truth;
  }

  bool others_went_on() override {
    if (!stage_.comes_true([this] { return waiting_->is_over(); }) || !waiting_->is_done()) return false;
    stage_.story().note("The test that had timed out passes.");
    return true;
  }

 private:
  void create_taken(int number) {
    Session session = stage_.connect(application, std::chrono::seconds(30));
    session.begin();
    const bool is_taken = session.number(fmt::format("SELECT count(*) FROM account WHERE id = {}", number)) > 0;
    if (!is_taken) session.commit();
    leaked_.push_back(std::move(session));  // return { status: 400 }
  }

  void create_with_profile() {
    Session session = stage_.connect(application, patience);
    session.begin();
    session.run("INSERT INTO account (name) VALUES ('new')");
    add_profile(session);
    session.commit();  // The parent's own: there is nothing left to commit.
  }
  // Takes its parent's transaction, and ends it.
  static void add_profile(Session& session) {
    session.run("INSERT INTO profile (account) VALUES (1)");
    session.commit();
  }

  Stage& stage_;
  std::vector<Session> leaked_;
  std::optional<Task> waiting_;
};

std::expected<int, int> create(Library& library, bool is_taken, std::optional<Error>& childs_commit) {
  return library.database().transact([&](TransactionRef tx) -> std::expected<int, int> {
    library.write(tx, 1);
    if (is_taken) return std::unexpected(400);
    childs_commit = failure_of([&] { tx.execute("COMMIT"); });
    library.write(tx, 2);
    return 200;
  });
}

Refusal refuse(Library& library) {
  std::optional<Error> error;
  const auto early = create(library, true, error);
  const bool left_early = !early && early.error() == 400;
  const bool nothing_is_left = library.rows() == 0 && library.database().pool().metrics().in_use == 0;
  const bool created = create(library, false, error).value_or(0) == 200;
  const bool refused =
      left_early && nothing_is_left && created && library.rows() == 2 && error && error->code == ErrorCode::misuse;
  return {refused, error ? words_of(*error) : "the child committed its parent's transaction",
          "The early return was rolled back, its connection is back. A TransactionRef has no commit: that does not "
          "compile; sent as SQL, as here, it is refused before the server hears of it."};
}

}  // namespace

const Incident& lonely_test() {
  static const Incident incident{
      .number = 5,
      .name = "lonely-test",
      .mistake = "early returns, and a child that commits its parent's transaction",
      .story =
          "Tests that pass alone time out together. One controller returns between begin and commit. Another "
          "passes its transaction to a child, and both commit it.",
      .pool = {.connections = pool_size},
      .trouble = [](Stage& stage) -> std::unique_ptr<Trouble> { return std::make_unique<Controllers>(stage); },
      .refuse = refuse};
  return incident;
}

}  // namespace lockkeeper::demo
