// One client's conversation with the servers it is given, message by message: what goes where, when a server connection
// may be taken back, and what the client did.
//
// Pure: bytes and `now` in, decisions and bytes out. The relay forwards what this says, and nothing else knows the
// protocol.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/recording.hpp"
#include "track/postgres/exchange.hpp"
#include "track/postgres/pin_check.hpp"
#include "track/postgres/prepared.hpp"
#include "track/postgres/recorder.hpp"
#include "track/postgres/server.hpp"
#include "track/postgres/statement_cache.hpp"
#include "wire/postgres/frame.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::track::postgres {

enum class Mode : std::uint8_t {
  session,      ///< One server connection for the client's whole life: nothing is rewritten.
  transaction,  ///< A server connection for each transaction.
};

/// A message as far as it is held: at least `wanted_...` bytes of its body, or all of it.
struct Message {
  char type = 0;
  std::uint32_t size = 0;  ///< Of the whole body.
  wire::postgres::Bytes body;

  [[nodiscard]] bool whole() const noexcept { return body.size() == size; }
};

/// Bytes that a step adds, before what it forwards.
struct Output {
  std::string to_server;
  std::string to_client;
};

/// What becomes of a message.
struct Step {
  /// Of the message's bytes, header included: not to be forwarded; what was put into the output stands in their place.
  /// 0: it goes as it is. More than there are (SIZE_MAX): all.
  std::size_t skip = 0;
  /// Nothing of it is forwarded yet: it is to be given again, and what follows it kept, once `holds_client` has ended.
  bool held = false;
  bool released = false;      ///< The server connection is free: nothing is outstanding, no transaction, no state left.
  bool said_goodbye = false;  ///< Terminate: the client leaves in order.
  std::string_view refused =
      {};  ///< Not empty: the message cannot be taken, and why; the client is to be closed (08P01).
  std::string_view broken = {};   ///< Not empty: the server connection must not be used again, and why.
  bool server_ends = false;       ///< A fatal error: the server closes the connection after it.
  bool answered = false;          ///< One more ReadyForQuery for the client: a query or pipeline is done (statistics).
  bool transaction_over = false;  ///< ... and no transaction is open after it.
};

struct SessionSettings {
  Mode mode = Mode::session;
  bool record = true;
  bool parameters = true;        ///< Tell same from different ones.
  bool keep_literals = false;    ///< Of statements' texts, at most track::most_literal bytes of each.
  bool named_statements = true;  ///< Of the protocol, in transaction mode; off: whoever prepares one is refused.
};

/// What the workers' sessions share; belongs to one worker.
struct Shared {
  StatementCache& statements;
  PreparedRegistry& prepared;
  Facts& facts;
};

class Session {
 public:
  using Status = wire::postgres::TransactionStatus;

  Session(const SessionSettings& settings, Shared shared, std::shared_ptr<const model::ClientIdentity> who);

  // --- What the relay must hold of a message before it gives it here ---

  [[nodiscard]] std::size_t wanted_from_client(char type, std::uint32_t size) const noexcept;
  [[nodiscard]] std::size_t wanted_from_server(char type, std::uint32_t size) const noexcept;
  /// Larger messages that would have to be held whole are refused.
  static constexpr std::uint32_t most_held = 16U << 20U;

  // --- The server connection ---

  /// Whether the message needs one. Without: `client` answers it here.
  [[nodiscard]] bool needs_server(const Message& message) const noexcept;
  /// The messages at the beginning of `waiting`, of which the last may be cut, have to wait for one: the first of them
  /// that names its unit of work says whose waits. Empty: none do any more.
  void foresee(wire::postgres::Bytes waiting);
  /// While they wait, so much is worth having: BEGIN and a statement.
  static constexpr std::size_t most_foreseen = 16U << 10U;
  /// It is ours until `unlink`. In transaction mode what follows the client is set first.
  void link(Server& server, const model::SessionId& id, std::string local_endpoint, Output& out, model::WallTime now);
  void unlink() noexcept;
  [[nodiscard]] bool linked() const noexcept { return server_ != nullptr; }

  // --- Messages ---

  [[nodiscard]] Step client(const Message& message, Output& out, model::WallTime now);
  [[nodiscard]] Step server(const Message& message, Output& out, model::WallTime now);

  // --- Endings ---

  /// The client is gone while a server connection is linked: by itself (`abandoned`), or because we ended it
  /// (`terminated`), as its open transaction is then said to have ended. Appends what brings that to a ReadyForQuery
  /// (the end of a COPY, a Sync, a rollback); replies are swallowed from now on. `released` at once, with a later
  /// message, or never: the relay has a deadline.
  [[nodiscard]] Step abandon(model::TransactionEnd end, Output& out, model::WallTime now);
  [[nodiscard]] bool abandoned() const noexcept { return abandoned_; }
  /// The server connection is gone. `end`: what became of an open transaction; with a COMMIT under way it is unknown.
  void lost_server(model::TransactionEnd end, model::WallTime now);

  // --- What the client is told about itself ---

  /// Parameters as the client knows them. At login: the server's, then what the client asked for.
  Parameters parameters;
  /// They are known now, or have changed: who the client is has its application from them, as the server says it.
  void learn_application();

  // --- For those who look ---

  [[nodiscard]] bool idle() const noexcept { return exchange_.empty() && !skipping_ && !copy_in_ && !unsynced_; }
  [[nodiscard]] Status status() const noexcept { return status_; }
  [[nodiscard]] bool in_transaction() const noexcept { return status_ != Status::idle; }
  [[nodiscard]] std::size_t outstanding() const noexcept { return exchange_.size(); }
  /// Something of the client's own is being answered, not only what we asked for ourselves.
  [[nodiscard]] bool answers_client() const noexcept;
  /// It is the client's own that the server is at: a cancel request hits what it asked for, and nothing of ours.
  [[nodiscard]] bool works_for_client() const noexcept;
  /// A message was held: what it is about is being asked of the server.
  [[nodiscard]] bool holds_client() const noexcept;
  /// A COMMIT was sent and not answered: if the connection dies now, nobody knows.
  [[nodiscard]] bool commit_under_way() const noexcept;
  [[nodiscard]] const std::vector<std::string>& pins() const noexcept { return pins_; }
  [[nodiscard]] const std::shared_ptr<const model::ClientIdentity>& who() const noexcept { return who_; }
  /// What is at work, or waits; empty: not known.
  [[nodiscard]] const model::UnitId& unit() const noexcept { return recorder_.unit(); }
  [[nodiscard]] model::WallTime state_since() const noexcept { return state_since_; }
  /// Since when what is being answered has been under way; meaningful unless idle.
  [[nodiscard]] model::WallTime busy_since() const noexcept;
  [[nodiscard]] std::optional<model::WallTime> transaction_since() const noexcept;
  [[nodiscard]] model::RecordedClient recorded(model::WallTime now) const;

 private:
  /// As the client's parameters have texts read, by what the server has reported last.
  [[nodiscard]] Seeing seeing() const noexcept {
    using enum sql::Backslashes;
    return {shared_.statements, parameters.backslashes_escape() ? escapes : plain};
  }
  /// Lets maps of strings be asked with views.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  struct Name {
    PreparedPtr confirmed = nullptr;  // As far as the server has answered.
    PreparedPtr pending = nullptr;    // As it will be if all goes well.
    std::uint32_t under_way = 0;
    std::uint64_t batch = 0;  // Of the last change.
    [[nodiscard]] const PreparedPtr& effective() const noexcept { return under_way > 0 ? pending : confirmed; }
  };
  struct Portal {
    model::StatementPtr statement = nullptr;
    PreparedPtr described = nullptr;  // Whose description that of the portal would be, while it is not known.
    std::uint64_t parameters = 0;
    model::WallTime opened_at = {};
    std::uint64_t batch = 0;  // In which it was bound.
    std::int64_t rows = 0;
    DeallocationPtr deallocates = nullptr;
    bool suspended = false;
    bool drops_all = false;
  };

  enum class Hold : std::uint8_t {
    none,
    name,         // Until it is known what the client's name stands for.
    description,  // Until the server has described a statement that was made again.
    same,         // It is what the client was told ...
    changed,      // ... or is not; and the message is given again.
  };

  // Client's side: session_client.cpp
  Step malformed(Expect kind, model::WallTime now);
  Step query(const Message& message, Output& out, model::WallTime now);
  Step deallocate(const Message& message, const Seen& seen, Output& out, model::WallTime now);
  Step parse(const Message& message, Output& out, model::WallTime now);
  DeallocationPtr deallocation_by(std::string_view sql) const;
  Step parse_named(const Message& message, const wire::postgres::Parse& parsed, Output& out, model::WallTime now);
  Step bind(const Message& message, Output& out, model::WallTime now);
  Step describe(const Message& message, Output& out, model::WallTime now);
  Step close(const Message& message, Output& out, model::WallTime now);
  Step execute(const Message& message, Output& out, model::WallTime now);
  [[nodiscard]] const Portal& portal_of(std::string_view name) const;
  Step sync(const Message& message, Output& out, model::WallTime now);
  Step copy(const Message& message) noexcept;
  Step without_server(const Message& message, Output& out) const;
  Expected& expect(Expect kind, model::WallTime now);
  Expected& expect_ours(Expect kind, Purpose purpose, model::WallTime now);
  void drop_unnamed(Expected& expected);
  [[nodiscard]] model::StatementPtr as_written(const model::StatementPtr& statement, std::string_view sql) const;
  [[nodiscard]] bool rewrites() const noexcept { return settings_.mode == Mode::transaction; }

  // Pins: session_pins.cpp
  void note_traits(const model::Statement& statement, const Traits& traits, std::string_view sql, Output& out,
                   model::WallTime now);
  void keep_draws_apart(const Traits& traits, Output& out, model::WallTime now);
  void note_custom_parameters(const Traits& traits, std::string_view sql);
  void note_set(std::span<const std::string> names);
  void pin_for_good(std::string_view reason);
  void ask_for_pins(Output& out, model::WallTime now);
  void read_pin_check_row(const Message& message);

  // Names: session_names.cpp
  [[nodiscard]] PreparedPtr find(std::string_view name) const;
  void change(std::string_view name, PreparedPtr to);
  void confirm(std::string_view name, const PreparedPtr& to);
  [[nodiscard]] const Name* look_up(std::string_view name) const;
  [[nodiscard]] bool is_open(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> open_name(const Message& message) const;
  void undo(std::vector<Expected>& skipped);
  void forget(const Prepared& prepared);
  void revert(std::string_view name);
  [[nodiscard]] Name* entry_of(std::string_view name);
  [[nodiscard]] PreparedPtr read_now(std::string_view sql, wire::postgres::Bytes types, bool is_shared = true);
  [[nodiscard]] PreparedPtr read_again(const Prepared& prepared, const Description& told);
  /// Makes sure that the server has what the client means by the name: under its shared name, or as the unnamed one.
  /// Returns that statement, which may be another one than it was on the server before.
  PreparedPtr made_known(std::string_view name, PreparedPtr prepared, Output& out, model::WallTime now);
  void make_known(std::string_view name, const PreparedPtr& prepared, Output& out, model::WallTime now);
  void make_room_for(const PreparedPtr& prepared, Output& out, model::WallTime now);
  void read_made_again();
  void read_apart(bool is_reported);
  [[nodiscard]] bool server_has(std::string_view name, const PreparedPtr& prepared) const;
  void set_unnamed(PreparedPtr prepared);
  [[nodiscard]] bool has_recent(const PreparedPtr& prepared, model::WallTime now) const;
  [[nodiscard]] std::string_view server_name(std::string_view name, const PreparedPtr& prepared) const noexcept;

  // Names that go by SQL: session_deallocate.cpp
  void make_stand_in(bool is_there, Output& out, model::WallTime now);
  void drop(std::vector<std::string> names, Expected& expected);
  void drop_all(Expected& expected);
  void revert_drops(Expected& expected);
  void deallocated(Expected& expected, std::string_view command);

  // What servers say of statements: session_descriptions.cpp
  void compare(std::string_view server_name, const PreparedPtr& prepared, Output& out, model::WallTime now,
               std::string_view just_parsed = {});
  [[nodiscard]] static bool is_comparable(const Prepared& prepared);
  [[nodiscard]] bool compares_last() const noexcept;
  bool hold(const PreparedPtr& prepared, Output& out);
  [[nodiscard]] bool wants_description() const noexcept;
  void described(const Message& message);
  void compared(const Expected& expected, const Description& now_described);
  Step refuse_changed(Expect kind, std::string_view name, const Message& message, Output& out, model::WallTime now);

  // Server's side: session_server.cpp
  Step ready(const Message& message, Output& out, model::WallTime now);
  Step error(const Message& message, Output& out, model::WallTime now);
  Step command_complete(const Message& message, model::WallTime now);
  Step reply(Expect kind, model::WallTime now);
  void pop_answered();
  Step parameter(const Message& message);
  Step notice(const Message& message, model::WallTime now);
  Step begin_copy_in(Output& out);
  void fail_copy(Output& out);
  void settle(Step& step, Output& out, model::WallTime now);
  void follow_up_abandoned(Step& step, Output& out, model::WallTime now);
  [[nodiscard]] bool swallows() const noexcept;
  [[nodiscard]] Step pass(const Message& message) const noexcept;
  void suspended(const Expected& expected);
  void end_portals(std::uint64_t batch);

  SessionSettings settings_;
  Shared shared_;
  std::shared_ptr<const model::ClientIdentity> who_;
  Recorder recorder_;
  Exchange exchange_;

  Server* server_ = nullptr;
  model::SessionId server_id_;
  std::string server_endpoint_;
  model::WallTime linked_at_;

  std::unordered_map<std::string, Name, TextHash, std::equal_to<>> names_;
  Name unnamed_;
  std::unordered_map<std::string, Portal, TextHash, std::equal_to<>> portals_;
  Portal unnamed_portal_;

  std::vector<PreparedPtr> made_;    // On this server connection, since nothing was outstanding.
  PreparedPtr unnamed_there_;        // The server's unnamed statement, as far as it has answered.
  std::uint64_t unnamed_batch_ = 0;  // In which the server was last given its unnamed statement.
  std::string held_name_;            // Where that is why a message is held.
  std::uint64_t batch_ = 1;          // Of messages that the server does, or skips after an error, together.
  std::string described_types_;      // By the answer that is under way.
  Parameters::Reading own_reading_;  // Of what the client prepares just now; nullptr: as its parameters say.

  std::vector<std::string> pins_;
  std::vector<std::string> pins_for_good_;
  std::vector<std::string> custom_;      // Parameters of the client's own that this server connection may have.
  std::unique_ptr<SessionState> state_;  // As the last pin check said.
  model::WallTime state_since_;
  Status status_ = Status::idle;
  Hold hold_ = Hold::none;
  std::size_t syncs_in_copy_ = 0;  // Sent before the end of the COPY FROM STDIN that runs: read by it, unless it fails.
  bool unsynced_ = false;          // Extended-protocol messages were sent, and no Sync behind them yet.
  bool skipping_ = false;          // After an error, until the client's next Sync.
  bool copy_in_ = false;           // The server reads COPY data, and the client has not ended it.
  bool uncertain_ = false;         // A Sync may still be answered, or not: a probe will tell.
  bool suspect_ = false;           // State that outlives a transaction may have been made or undone.
  bool reads_apart_ = false;       // There may be what decides how texts are read, and is not reported.
  bool fresh_ = false;             // Nothing that could draw from a sequence was run since the link, nor discarded.
  bool asks_for_draws_ = false;    // It has used currval or lastval.
  bool ends_batch_ = false;        // The client's last message ended one.
  bool changes_tables_ = false;    // It has, as soon as its transaction is over.
  bool abandoned_ = false;
  bool cleaned_ = false;      // Session state was reset after the client had gone.
  bool asked_again_ = false;  // What state there is, after a cancel that came too late had hit the question.
};

}  // namespace lockkeeper::track::postgres
