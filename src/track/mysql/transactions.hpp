// When a transaction opens and ends: by the status in the server's answers alone. The text says only how it ended.
//
// The server says nothing of its own accord about a COMMIT with nothing open or a BEGIN inside a transaction (which
// commits it): the flag of the answer before tells. With autocommit off each statement opens one, COMMIT with nothing
// open is what every driver does, and no oddity.
//
// An error comes without status, though it may have ended the transaction: a deadlock (1213) does; a lock wait that
// took too long (1205) does if the server is set so (innodb_rollback_on_timeout); a definition commits before it fails.
// So what is open stays open, in doubt, until the next status. If that says that nothing is open, and its own statement
// has not ended it, the error did: rolled back (a definition's: committed), at the time of the error. After a deadlock
// what follows is taken for the next transaction's if it begins one, or would have opened one by itself (autocommit
// off); and a COMMIT commits nothing any more.
//
// What a procedure did inside is not known; one that ends the transaction is taken to have committed it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "track/recorder.hpp"
#include "wire/mysql/flags.hpp"

namespace lockkeeper::track::mysql {

/// Pure: `now` is given.
class Transactions {
 public:
  using Status = wire::mysql::Status;

  /// `record`: track::Recorder. `status`: of the login.
  Transactions(Recorder record, Status status, model::WallTime now);

  /// A statement has succeeded, with this status.
  void done(const Ended& ended, Status status, model::WallTime now);
  /// It has failed; `code`: the server's number.
  void failed(const Ended& ended, std::uint16_t code, model::WallTime now);
  /// Another command was answered, with this status.
  void told(Status status, model::WallTime now);
  /// The session begins anew, and what was open is rolled back (COM_RESET_CONNECTION, COM_CHANGE_USER).
  void reset(model::WallTime now);
  /// The server connection or the client is gone, whatever was open.
  void gone(model::TransactionEnd end, model::WallTime now);
  void forget() noexcept;

  [[nodiscard]] Recorder& record() noexcept { return record_; }
  [[nodiscard]] const Recorder& record() const noexcept { return record_; }
  [[nodiscard]] bool open() const noexcept { return record_.open() != nullptr; }
  /// It is open as far as the server has said, but an error has most likely rolled it back.
  [[nodiscard]] bool doomed() const noexcept;
  /// As the server said last.
  [[nodiscard]] Status status() const noexcept { return status_; }

 private:
  struct Doubt {
    std::optional<model::TransactionEnd> likely = {};  // nullopt: most likely it is still open.
    model::WallTime at = {};
  };
  std::optional<model::TransactionEnd> settle(sql::StatementKind kind, Status status, model::WallTime now);
  void note_oddity(sql::StatementKind kind, const model::StatementPtr& statement, model::WallTime now);

  Recorder record_;
  Status status_;
  std::optional<Doubt> doubt_;  // Since an error, until the next status.
};

}  // namespace lockkeeper::track::mysql
