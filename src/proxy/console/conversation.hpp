// The protocol as the console speaks it: whole messages in, bytes and commands to run out. Pure.
//
// Everything that PostgreSQL's own clients send is understood: simple queries, and the extended protocol without
// parameters. BEGIN and its like are accepted because drivers send them around what they are asked to run; nothing here
// is undone by a ROLLBACK.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/console/command.hpp"
#include "proxy/console/tables.hpp"
#include "wire/postgres/backend.hpp"

namespace lockkeeper::proxy::console {

/// What became of a command.
struct Reply {
  Rows rows{};  ///< Of a command that has columns.
  std::vector<std::string> notices{};
  std::optional<Failure> failure{};
};

class Conversation {
 public:
  explicit Conversation(Role role) : role_(role) {}

  struct Step {
    std::optional<Command> run;  ///< To be answered with `finish` before the next message is taken.
    bool ends = false;           ///< The client has said goodbye.
    std::string_view refused{};  ///< Not empty: no message of the protocol; the client is to be closed.
  };
  /// Appends to `out` what can be answered at once.
  [[nodiscard]] Step message(char type, wire::postgres::Bytes body, std::string& out);
  void finish(const Reply& reply, std::string& out);

  /// Longer messages are none of the console's: they are refused before they are read.
  static constexpr std::uint32_t most_body = 64 * 1024;

 private:
  struct Portal {
    Command command;
    std::optional<Rows> rows;  ///< Once it was run.
    std::size_t sent = 0;
  };
  /// More than any driver keeps; each may be as long as a message.
  static constexpr std::size_t most_names = 64;

  Step query(wire::postgres::Bytes body, std::string& out);
  Step parse(wire::postgres::Bytes body, std::string& out);
  Step bind(wire::postgres::Bytes body, std::string& out);
  Step describe(wire::postgres::Bytes body, std::string& out);
  Step execute(wire::postgres::Bytes body, std::string& out);
  Step close(wire::postgres::Bytes body, std::string& out);
  void sync(std::string& out);

  /// Not there to be run: allowed, and done here if it is nobody else's.
  [[nodiscard]] std::optional<Failure> check(const Command& command) const;
  [[nodiscard]] static bool runs_here(Kind kind) noexcept;
  void run_here(Kind kind, std::string& out);
  void fail(const Failure& failure, std::string& out);
  void send_rows(Portal& portal, std::string& out) const;
  void ready(std::string& out) const;

  Role role_;
  std::map<std::string, Command, std::less<>> statements_;
  std::map<std::string, Portal, std::less<>> portals_;
  Command running_;
  std::optional<std::string> running_portal_;  // nullopt: a simple query's.
  std::int32_t most_rows_ = 0;                 // Of the Execute that runs; 0: all.
  bool skipping_ = false;                      // After an error, until the next Sync.
  bool in_transaction_ = false;
};

/// "SHOW", "PAUSE": CommandComplete's text.
[[nodiscard]] std::string_view tag_of(Kind kind) noexcept;

}  // namespace lockkeeper::proxy::console
