// The SQLite driver, embedded: no server, the database is a file that this process reads and writes. Component
// `sqlite`. Needs SQLite 3.37, built for threads.
#pragma once

#include <memory>

#include <lockkeeper/driver.hpp>

namespace lockkeeper {
/// Where interface and database leave a choice open, this driver chose:
///
/// URLs
/// - `sqlite:///absolute/file`, `sqlite:/absolute/file`, `sqlite:relative/file` (from the process's working folder),
///   `sqlite::memory:` (a database of this connection alone), SQLite's own `file:...` with or without `sqlite:` before
///   it, and a plain path, which takes no options. In a URL `%`, `?` and `#` of a name are percent-encoded. A host, as
///   in `sqlite://host/file`, and another scheme are configuration errors; a path with a colon is written `./a:b`.
/// - `sqlite:file:NAME?mode=memory&cache=shared` is a database in memory that all connections of this process to that
///   NAME share; it goes with the last of them, so a pool of it needs max_lifetime and idle_timeout 0.
/// - Options: `mode` (ro, rw, rwc, memory; default rwc: a missing file is made), `cache` (shared, private),
/// `immutable`,
///   `nolock`, `vfs`. Every other option is a pragma, and `Target.settings`, pragmas all, win over it. An unknown name
///   and a value that SQLite would silently take for "off" are configuration errors; so is busy_timeout, because waits
///   end at deadlines. `Target.application_name` is not used: there is nobody to tell it.
///
/// A session
/// - foreign_keys is on, and a file that can be written to gets journal_mode WAL (readers and the writer do not wait
///   for each other; the mode stays with the file) unless URL or settings say otherwise. Connecting waits until others
///   let the mode be changed, at most until its deadline. Where a file system can have no WAL, the file stays as it is.
/// - synchronous is SQLite's default, FULL: a commit is on disk when it returns. NORMAL is far quicker with WAL and
///   loses nothing when the process dies, but the last commits where the machine does; the file stays whole.
/// - `reset` puts the pragmas of URL and settings back (journal_mode excepted) where the session has run any PRAGMA.
///   Temporary tables, attached databases and other pragmas stay.
/// - native_handle: busy, progress and unlock-notify handlers are the driver's. SQLite serializes nothing between
///   threads here (SQLITE_OPEN_NOMUTEX); of its functions only sqlite3_interrupt is safe meanwhile.
///
/// Waiting and stopping
/// - A lock is waited for until the deadline or a cancel, asked for every 1 to 20 ms: nobody is told when one comes
///   free, so waiters are not served in order. Then `deadline`, blast `statement`. Tables of a shared cache are waited
///   for until the holder's transaction ends; two that would wait for each other get `deadlock`.
/// - A transaction that has read and now wants to write while another connection writes or has written, cannot: SQLite
///   says so at once, and it is `serialization`, blast `transaction`. `begin` prevents it: it takes the write lock
///   (BEGIN IMMEDIATE) unless read_only was asked for or the database is only for reading. There is one writer at a
///   time.
/// - Other refusals of a lock (another statement of the same connection is in the way, say) are `lock_not_available`.
/// - The deadline is looked at every thousand steps of SQLite's machine, some 20 microseconds. One long step is not cut
///   short: sorting for CREATE INDEX, a checkpoint, a slow disk. A statement that succeeds after its deadline returns
///   its rows.
///
/// Transactions
/// - Every isolation is serializable. `deferrable` changes nothing: what only reads never fails for others' sake.
/// - read_only sets PRAGMA query_only until the transaction ends, in whatever way.
/// - SQLite itself rolls back after some errors (a write interrupted, the disk full or failing, ON CONFLICT ROLLBACK):
///   blast `transaction`, and the status is idle. After all others the transaction is as before the statement.
/// - A COMMIT that finds the file busy, or a deferred foreign key violated, leaves the transaction open: blast
///   `statement`, and it may be tried again. One that the disk fails has been rolled back: blast `transaction`. A
///   machine that stops at that moment may find it committed all the same; nothing else is ever `commit_unknown`.
/// - A batch outside a transaction is BEGIN IMMEDIATE to COMMIT, or BEGIN where it holds nothing but SELECT and VALUES;
///   BEGIN, COMMIT and ROLLBACK in it are `misuse`.
/// - An open stream holds a read transaction, which keeps a WAL from being reset. A write with RETURNING has done all
///   its work when its stream begins; giving the stream up undoes nothing.
///
/// Values
/// - Placeholders are `?`, `?2` or `$2`, not `?` and `$2` mixed, nor `:name`. Texts may hold zero bytes, statements
///   not. Booleans are 1 and 0, times are `2026-11-22 09:30:00.000001` in UTC, years 0 to 9999. NaN is refused
///   (`conversion`): SQLite would store NULL.
/// - Cells are text as SQLite writes it, but REAL with as many digits as read back the same value; BLOBs are raw. The
///   kind is the value's own, not its column's.
/// - `affected`: rows that the statement itself inserted, updated or deleted, not its triggers; rows selected.
///
/// Errors
/// - `sqlstate` is set for constraints alone, to PostgreSQL's: 23505 unique or primary key, 23503 foreign key, 23502
///   not null, 23514 check, 23000 others.
/// - A missing file or folder is `unknown_database`; a file that may not be opened, and any write to what is open for
///   reading, `permission`; a file that is no database, or an encrypted one, `protocol`; a damaged one `server_error`.
/// - A file that was moved, replaced or deleted under an open connection ends it: `connection_lost`, nothing
///   committed. `ping` notices, and so does a write without WAL; with WAL SQLite writes on into the old file.
/// - Messages quote no parameter.
[[nodiscard]] std::unique_ptr<Driver> make_sqlite_driver();

}  // namespace lockkeeper
