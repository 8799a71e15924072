// What a server still has to answer, in order: which reply belongs to which message, and when everything is answered.
//
// The rules are PostgreSQL's (src/backend/tcop/postgres.c): after an error in an extended-protocol message the server
// skips everything until the next Sync; a COPY FROM STDIN eats Sync and Flush while it reads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/time.hpp"
#include "model/transaction_record.hpp"
#include "track/postgres/prepared.hpp"

namespace lockkeeper::track::postgres {

enum class Expect : std::uint8_t { query, function_call, sync, parse, bind, describe, execute, close };

/// Whose messages they are, and what becomes of the replies. All but `client`: they are ours, and swallowed.
enum class Purpose : std::uint8_t {
  client,
  prepare,     ///< Parse, Describe or Close of a shared statement.
  parameters,  ///< Sets what follows the client.
  pin_check,   ///< Asks what state the connection has.
  probe,       ///< A Close of nothing, and a Sync: marks a place in the stream of replies.
  clean_up,    ///< Rollback, or the reset of session state.
};

using NamesPtr = std::shared_ptr<const std::vector<std::string>>;

/// One message that is to be answered.
struct Expected {
  Expect kind = Expect::query;
  Purpose purpose = Purpose::client;
  bool portal = false;             ///< describe, close: of a portal.
  bool changes_name = false;       ///< parse, close: what a name of the client stands for changes with it.
  bool continues = false;          ///< execute: of a portal that gave rows before; still the same run.
  bool drops_all = false;          ///< query, execute: DEALLOCATE ALL or DISCARD ALL is in it.
  bool by_stand_in = false;        ///< parse, query, execute: the server knows the client's name as `stand_in`.
  bool changed = false;            ///< bind, describe: of a statement that is not what its client was told any more.
  bool drops_unnamed = false;      ///< query: the client's unnamed statement ends with it.
  bool changes_unnamed = false;    ///< The server's unnamed statement: query, and some of parse and close.
  PreparedPtr prepared = nullptr;  ///< parse: what it makes; bind, describe: what it uses. Transaction mode alone.
  /// describe: what is described, where that is to be learnt or compared; parse of ours: what the unnamed statement is
  /// to be. Likewise.
  PreparedPtr concerns = nullptr;
  std::string name =
      {};  ///< The client's name: of the statement (parse, describe, close) or the portal (bind, execute).
  NamesPtr drops = nullptr;                 ///< query, execute: names that go with it. Transaction mode alone.
  DeallocationPtr deallocates = nullptr;    ///< query, execute. Transaction mode alone.
  model::StatementPtr statement = nullptr;  ///< query, execute, bind; may be empty.
  std::uint64_t parameters = 0;             ///< query, execute: hash; 0: not known.
  model::WallTime sent_at = {};
  std::uint64_t batch = 0;      ///< In which it was sent: up to a Sync or a simple query, counted by the session.
  std::uint32_t copy_ends = 0;  ///< CopyDone and CopyFail sent right behind it, while no COPY was known to have begun.

  /// ReadyForQuery is its last reply.
  [[nodiscard]] bool ends_with_ready() const noexcept { return kind <= Expect::sync; }
};

class Exchange {
 public:
  /// More unanswered messages than any client pipelines; each is remembered. Beyond it the client is made to wait.
  static constexpr std::size_t most_outstanding = 65'536;

  /// So many are to be answered with ReadyForQuery: what stands behind them is not skipped for an error before them.
  [[nodiscard]] std::size_t batches() const noexcept { return batches_; }
  /// So many change the server's unnamed statement.
  [[nodiscard]] std::size_t unnamed_changes() const noexcept { return unnamed_changes_; }
  /// The last one does.
  void last_changes_unnamed() noexcept;
  [[nodiscard]] bool empty() const noexcept { return head_ == items_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size() - head_; }
  [[nodiscard]] Expected& front() noexcept { return items_[head_]; }
  [[nodiscard]] const Expected& front() const noexcept { return items_[head_]; }
  [[nodiscard]] const Expected& back() const noexcept { return items_.back(); }

  Expected& push(Expected expected);
  void pop() noexcept;

  /// After an error in an extended-protocol message: what the server will not answer is given out, up to the next
  /// Sync that was sent. Returns whether there is one.
  bool skip_to_sync(std::vector<Expected>& skipped);

  /// The client has ended a COPY that the server has not begun yet, if it ever will.
  void note_copy_end() noexcept;
  struct CopyBegun {
    bool is_ended = false;  ///< Its end has been sent already.
    std::size_t syncs = 0;  ///< So many were sent before its end: they are read by it.
  };
  /// A COPY FROM STDIN has begun with the message in front. The Syncs that it reads are not answered, and go.
  CopyBegun begin_copy();

  /// For whoever must know what is still to come (a statement's name may be made and closed several times).
  [[nodiscard]] auto begin() const noexcept { return items_.begin() + static_cast<std::ptrdiff_t>(head_); }
  [[nodiscard]] auto end() const noexcept { return items_.end(); }

  void clear() noexcept;

 private:
  std::vector<Expected> items_;
  std::size_t head_ = 0;
  std::size_t batches_ = 0;
  std::size_t unnamed_changes_ = 0;
};

}  // namespace lockkeeper::track::postgres
