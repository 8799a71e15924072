// What a recorder adds to findings: a transaction's whole story, who the program is, how its clients are closed, and
// how sure a count of facts is.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "model/finding.hpp"
#include "model/recording.hpp"
#include "rules/recorded.hpp"

namespace lockkeeper::rules {

/// The program that a client belongs to: what findings are grouped by.
struct Program {
  std::string application;
  std::string user;
  std::string database;

  friend auto operator<=>(const Program&, const Program&) = default;
};
[[nodiscard]] Program program_of(const model::ClientIdentity& who);

/// `application "shop" (user alice, database shop)`, as of sessions.
[[nodiscard]] std::string owner(const Program& program);

/// `client 17 of application "shop" (user alice, database shop) at 10.0.0.7:51234`.
[[nodiscard]] std::string named(const model::ClientIdentity& who);

/// What the finding of a program on this recorder's server is identified by.
[[nodiscard]] std::vector<std::string> identity_of(const model::Recording& recording, const Program& program,
                                                   const std::string& what = "");

/// The transaction's statements in order, with what was dropped at its place.
[[nodiscard]] std::vector<model::StatementLine> statement_lines(const model::TransactionRecord& record);

/// The statements, and `statements_run`, `statements_dropped`, `in_database` and `outside_database` until `until`.
void add_story(model::Evidence& evidence, const model::TransactionRecord& record, model::WallTime until);

/// Time in which a statement of the client's open transaction ran, the one that runs now included, and in which none
/// did.
struct Spent {
  model::Duration in_database{};
  model::Duration outside{};
};
[[nodiscard]] Spent spent(const model::RecordedClient& client, model::WallTime now);

/// As add_story of the client's open transaction, the statement that runs now last, and `client`: who is behind the
/// session that the server sees.
void add_client(model::Evidence& evidence, const model::RecordedClient& client, model::WallTime now);

/// The first statement that is no BEGIN: what a code path begins its transactions with. Empty where there is none.
[[nodiscard]] model::StatementPtr opening_statement(const model::TransactionRecord& record);

/// Ends these clients' connections; they are the recorder's. `clients` must not be empty.
[[nodiscard]] model::Remedy close_clients(std::vector<std::uint64_t> clients, std::string predicted);

/// The clients' sessions as subjects, and what may be done about them: terminate where the server knows them, close.
void add_holders(model::Finding& finding, const Look& look, const Clients& clients,
                 const std::vector<const model::RecordedClient*>& holders, const std::string& predicted);

/// "at least " where facts were lost: what is counted then is a lower bound.
[[nodiscard]] std::string at_least(const model::Recording& recording);

/// Says so in the finding, if facts were lost.
void add_facts_lost(model::Finding& finding, const model::Recording& recording);

/// Whether the recorder's server waits behind the client's session for a lock, and for how long at most.
[[nodiscard]] model::Duration longest_wait_behind(const Look& look, const Clients& clients,
                                                  const model::RecordedClient& client);

}  // namespace lockkeeper::rules
