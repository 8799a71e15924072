// One client's conversation with the one server connection it has, message by message: what it did.
//
// Pure: bytes and `now` in, what happened out. Session mode: everything is passed on as it came, and nothing is added;
// so this only listens. It is told of messages once the login is over. If what it hears makes no sense any more it is
// `lost`: the bytes go on, and nothing more is known of this client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/recording.hpp"
#include "track/mysql/asked.hpp"
#include "track/mysql/statement_cache.hpp"
#include "track/mysql/transactions.hpp"
#include "track/recorder.hpp"
#include "wire/mysql/frame.hpp"
#include "wire/mysql/reply_walker.hpp"

namespace lockkeeper::track::mysql {

/// A message as far as it is held: at least `wanted_...` bytes of its first packet's body, or all of that.
struct Message {
  std::uint32_t size = 0;  ///< Of the first packet's body.
  wire::mysql::Bytes body;

  [[nodiscard]] bool whole() const noexcept { return body.size() == size && size < wire::mysql::most_body; }
};

/// What has happened with a message.
struct Step {
  bool said_goodbye = false;      ///< COM_QUIT: the client leaves in order.
  bool answered = false;          ///< One more command of the client is done (statistics).
  bool transaction_over = false;  ///< ... and no transaction is open after it.
  bool unknown = false;           ///< A command that nobody here knows: it is passed on, and taken to be answered once.
  bool server_ends = false;       ///< An error that nobody asked for: the server closes the connection after it.
  std::string_view lost = {};     ///< Not empty: nothing more is known from here on, and why. Said once.
};

struct SessionSettings {
  bool record = true;
  bool parameters = true;      ///< Tell same from different ones.
  bool keep_literals = false;  ///< Of statements' texts, at most track::most_literal bytes of each.
};

/// What the workers' sessions share; belongs to one worker.
struct Shared {
  StatementCache& statements;
  Facts& facts;
};

/// What the login has settled.
struct Connected {
  wire::mysql::Capabilities capabilities;  ///< What both sides have.
  wire::mysql::Status status;              ///< Of the OK that ended it.
  model::SessionId session;
  std::string local_endpoint;  ///< model::HeldServer
  model::WallTime at;
};

class Session {
 public:
  using Bytes = wire::mysql::Bytes;

  /// `who`: its database is the login's, until USE, COM_INIT_DB or COM_CHANGE_USER has succeeded with another.
  Session(const SessionSettings& settings, Shared shared, std::shared_ptr<const model::ClientIdentity> who,
          Connected connected);

  // --- What the relay must hold of a message before it gives it here, so much of its first packet's body ---

  /// `have`: what is there of it. Ask again when that many bytes are: the first says which command it is.
  [[nodiscard]] std::size_t wanted_from_client(std::uint32_t size, Bytes have) const noexcept;
  [[nodiscard]] std::size_t wanted_from_server(std::uint32_t size) const noexcept;

  // --- Messages: what begins one. Packets with which one goes on are for `server_goes_on`, or for nobody ---

  [[nodiscard]] Step client(const Message& message, model::WallTime now);
  [[nodiscard]] Step server(const Message& message, model::WallTime now);
  void server_goes_on(std::uint32_t size) noexcept;

  // --- Endings ---

  /// The client is gone: by itself (`abandoned`), or because we ended it (`terminated`), as its open transaction is
  /// then said to have ended; with a COMMIT under way it is unknown. The server connection is to be closed.
  void abandon(model::TransactionEnd end, model::WallTime now) { gone(end, now); }
  /// The server connection is gone.
  void lost_server(model::TransactionEnd end, model::WallTime now) { gone(end, now); }
  /// Nothing more is known: as if `lost` (the framing is broken).
  void lose() noexcept;

  // --- For those who look ---

  [[nodiscard]] bool lost() const noexcept { return lost_; }
  [[nodiscard]] model::ClientState state() const noexcept;
  /// What is being answered is another login.
  [[nodiscard]] bool changes_user() const noexcept {
    return !asked_.empty() && asked_.front().command == wire::mysql::Command::change_user;
  }
  [[nodiscard]] bool idle() const noexcept { return asked_.empty(); }
  [[nodiscard]] bool in_transaction() const noexcept { return transactions_.open(); }
  [[nodiscard]] std::size_t outstanding() const noexcept { return asked_.size(); }
  /// A COMMIT was sent and not answered: if the connection dies now, nobody knows.
  [[nodiscard]] bool commit_under_way() const noexcept;
  [[nodiscard]] model::WallTime state_since() const noexcept { return state_since_; }
  /// Since when what is being answered has been under way; meaningful unless idle.
  [[nodiscard]] model::WallTime busy_since() const noexcept;
  [[nodiscard]] std::optional<model::WallTime> transaction_since() const noexcept;
  [[nodiscard]] const std::shared_ptr<const model::ClientIdentity>& who() const noexcept { return who_; }
  [[nodiscard]] model::RecordedClient recorded(model::WallTime now) const;

 private:
  /// Of the reply, what belongs to the statements before.
  struct Counted {
    std::uint64_t rows = 0;
    std::uint64_t affected = 0;
    std::uint64_t bytes = 0;
  };

  // Client's side: session_client.cpp
  void query(const Message& message, Asked& asked);
  void prepare(const Message& message, Asked& asked);
  void execute(const Message& message, Asked& asked);
  void bulk_execute(const Message& message, Asked& asked);
  void fetch(const Message& message, Asked& asked) const;
  void change_user(const Message& message, Asked& asked) const;
  void close(const Message& message);
  void long_data(const Message& message);
  void run(Asked& asked, std::uint32_t number) const;
  [[nodiscard]] PreparedPtr find(std::uint32_t number) const;
  [[nodiscard]] model::StatementPtr as_written(const model::StatementPtr& statement, std::string_view sql) const;
  [[nodiscard]] std::shared_ptr<const Parts> parts_as_written(const Seen& seen, std::string_view sql) const;
  [[nodiscard]] std::shared_ptr<const UsedDatabases> used_in(const Seen& seen, std::string_view sql,
                                                             const Message& message) const;
  [[nodiscard]] sql::Backslashes backslashes() const noexcept;
  [[nodiscard]] sql::Options options(const Message& message) const noexcept;
  [[nodiscard]] bool client_speaks() const noexcept { return reply_ && reply_->client_speaks(); }

  // Server's side: session_server.cpp
  Step unasked(const Message& message);
  void part_done(wire::mysql::ReplyPart part, model::WallTime now);
  Step complete(model::WallTime now);
  void settle(const Asked& asked, const wire::mysql::ReplyOutcome& outcome, model::WallTime now);
  void run_done(const Asked& asked, const wire::mysql::ReplyOutcome& outcome, model::WallTime now);
  void prepared(const Asked& asked, const wire::mysql::ReplyOutcome& outcome);
  void opened_cursor(const Asked& asked, const wire::mysql::ReplyOutcome& outcome, model::WallTime now);
  void fetched(const Asked& asked, const wire::mysql::ReplyOutcome& outcome);
  /// The statement of that number in it has succeeded.
  void now_in_database_of(const Asked& asked, std::size_t part);
  void begin_anew(const Asked& asked, const wire::mysql::ReplyOutcome& outcome, model::WallTime now);
  [[nodiscard]] Ended ended(const Asked& asked, const model::StatementPtr& statement,
                            const wire::mysql::ReplyOutcome& outcome) const;
  void next_reply();

  void gone(model::TransactionEnd end, model::WallTime now);
  Step lose(std::string_view why) noexcept;

  SessionSettings settings_;
  Shared shared_;
  std::shared_ptr<const model::ClientIdentity> who_;
  Connected connected_;  // Its status is as old as the login.
  Transactions transactions_;
  AskedQueue asked_;
  std::optional<wire::mysql::ReplyWalker> reply_;  // To the first of them.
  std::size_t part_ = 0;                           // Of the first, the statement that is being answered.
  Counted counted_;
  std::unordered_map<std::uint32_t, PreparedPtr> prepared_;       // By the server's number.
  PreparedPtr last_prepared_;                                     // Sent last, answered or not.
  std::unordered_map<std::uint32_t, model::OpenPortal> cursors_;  // By the statement's number.
  model::WallTime state_since_;
  bool lost_ = false;
};

}  // namespace lockkeeper::track::mysql
