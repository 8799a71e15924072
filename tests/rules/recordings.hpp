// Recordings for tests, said in a line each. Every age counts back from `look_time`, the recorder's clock too.
//
//   Recorded scene;
//   scene.add(recorded(17).began(90s).ran("SELECT 1", 90s).ran("UPDATE a SET b = 1", 80s).holds(4711));
//   scene.ends(recorded(18).began(9s).ran("SELECT 1", 9s), model::TransactionEnd::abandoned, 2s);
//   const auto findings = scene.judge(rules::idle_transaction);
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/recording.hpp"
#include "rules/snapshots.hpp"

namespace lockkeeper::test {

/// The same text is the same statement.
[[nodiscard]] model::StatementPtr shared_statement(std::string_view text);

/// How one statement ran.
struct Ran {
  model::Duration took = std::chrono::milliseconds(5);
  std::int64_t rows = 1;
  std::optional<std::uint64_t> parameters = std::nullopt;
  std::string error = "";
};

/// One client under construction. Its transaction is silent after its last statement unless said otherwise.
class ClientDraft {
 public:
  explicit ClientDraft(std::uint64_t id);

  ClientDraft& named(std::string application);
  ClientDraft& of(std::string user);
  ClientDraft& in(std::string database);
  ClientDraft& on(model::Engine engine);
  ClientDraft& unit(std::string id);

  ClientDraft& began(model::Duration age);
  ClientDraft& began_by_itself(model::Duration age);  ///< Without a BEGIN: autocommit is off.
  ClientDraft& ran(std::string_view text, model::Duration age, const Ran& how = {});

  ClientDraft& active(std::string_view text, model::Duration running);
  ClientDraft& aborted();
  ClientDraft& idle(model::Duration age);
  ClientDraft& waiting(model::Duration age);

  /// Holds the server connection of this pid, whose session a Draft of the same pid is.
  ClientDraft& holds(std::int64_t pid, std::optional<model::Duration> age = std::nullopt);
  ClientDraft& portal(std::string name, std::string_view text, model::Duration opened, std::int64_t rows);
  ClientDraft& pinned(std::string why);
  ClientDraft& in_session_mode();

  [[nodiscard]] const model::RecordedClient& client() const { return client_; }

 private:
  model::ClientIdentity who_;
  model::RecordedClient client_;

  void rename();
};

/// A client of application "shop", user "alice", database "shop", idle.
[[nodiscard]] ClientDraft recorded(std::uint64_t id);

/// A scene with a recorder in front of its server.
class Recorded : public Scene {
 public:
  Recorded();

  Recorded& add(const Draft& draft);
  Recorded& add(const ClientDraft& draft);

  /// The draft's transaction is over since `age`.
  Recorded& ends(const ClientDraft& draft, model::TransactionEnd end, model::Duration age);
  Recorded& odd(const ClientDraft& draft, model::OddityKind kind, model::Duration age, std::string_view text = "");
  Recorded& lost(std::uint64_t facts);

  /// The pool of alice at shop, of so many connections; holders and waiters are counted from the clients added.
  Recorded& pool(std::uint64_t size, model::Duration queue_timeout = std::chrono::seconds(30));
  Recorded& pool_in_session_mode(std::uint64_t size);
  /// The one pool of a server of MySQL's or MariaDB's, called main, for which another client waits in its login.
  Recorded& pool_of_server(std::uint64_t size);

  Recorded& alone();
};

/// Golden cases: a name, and a recording about which the rules have something to say (or nothing).
struct RecordedCase {
  std::string name;
  Recorded scene;
};
[[nodiscard]] std::vector<RecordedCase> recorded_cases();

// The scenes of the incidents, and of each rule that fires.
[[nodiscard]] Recorded webhook_leak();        ///< Incident 1.
[[nodiscard]] Recorded stuck_post();          ///< Incident 2.
[[nodiscard]] Recorded lonely_test();         ///< Incident 5.
[[nodiscard]] Recorded remote_calls();        ///< work-in-transaction
[[nodiscard]] Recorded half_read();           ///< unfinished-cursor
[[nodiscard]] Recorded restarting_workers();  ///< abandoned-at-disconnect
[[nodiscard]] Recorded sleeping_sessions();   ///< held-outside-transaction
[[nodiscard]] Recorded dry_pool();            ///< pool-exhausted
[[nodiscard]] Recorded requires_new();        ///< nested-connection, pool-deadlock
[[nodiscard]] Recorded pool_and_lock();       ///< pool-deadlock with a lock of the server
[[nodiscard]] Recorded broken_commit();       ///< unknown-commit

/// The one finding of the rule; fails the test by throwing where there is none, or more.
[[nodiscard]] model::Finding only(const Scene& scene, rules::Rule rule);

}  // namespace lockkeeper::test
