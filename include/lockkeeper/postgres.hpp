// The PostgreSQL driver, on libpq. Component `postgres`.
#pragma once

#include <memory>

#include <lockkeeper/driver.hpp>

namespace lockkeeper {
/// Where interface and database leave a choice open, this driver chose:
///
/// - `Target.url` may also be a bare database name, as with psql. A URL of another scheme is a configuration error.
/// - The URL's or environment's application_name wins over `Target.application_name`; `Target.settings` are
///   appended to the session's `options` after those of the URL, service file or PGOPTIONS, and win over them.
/// - Of several hosts one that refuses costs nothing, but one that stays silent uses up the deadline.
/// - An `execute` whose statement succeeds during the grace after its deadline returns its rows: it did happen.
/// - A reply lost outside a transaction has blast `commit_unknown`, because any statement, SELECT included, may
///   have written and committed. Not so where the server reports the session as read-only
///   (default_transaction_read_only or a standby, told by PostgreSQL 14 and later), nor for BEGIN, SET, SHOW and
///   the like. Inside a transaction it is COMMIT, END and PREPARE TRANSACTION.
/// - COPY to or from the client is refused with code `misuse`; in `execute` and `stream` the connection survives
///   it, in a batch it is closed.
/// - Error messages carry the server's DETAIL, except that of data and constraint errors (SQLSTATE classes 22 and
///   23), which quotes rows; a parameter that the server quotes is replaced by its number.
/// - Parameters go as text of unspecified type (bytes in binary form), so that the statement decides their types: where
///   it does not, write a cast (`$1::bigint`). A TimePoint carries its zone, UTC; a column without zone drops it.
/// - Statements are kept from their second execution on, if they read or write rows (SELECT, INSERT, UPDATE, DELETE,
///   MERGE, VALUES, WITH), but for one that may name a moment in a literal ('today' would stay the day of then); one
///   with literals is prepared again where TimeZone, DateStyle, IntervalStyle, client_encoding or
///   standard_conforming_strings are others by now. Preparing costs no round trip of its own, and neither does the
///   DEALLOCATE of one thrown out, which the server has until the next is prepared. From its sixth execution on the
///   server may plan a kept statement without looking at its parameters (plan_cache_mode). Batches and streams prepare
///   nothing. Names are `lk_`, a random number of the connection and a count: behind a pooler that mixes sessions,
///   where prepared_statements has to be 0, a statement is missing rather than another's.
/// - An error of a kept statement that may come from its age alone (unknown statement, changed result, names and types
///   that no longer fit) is not believed outside a transaction: the statement is prepared anew and run once more. What
///   fails inside a function is not run twice.
/// - `begin` with serializable on a standby is `misuse`. `ping` is an empty statement, answered in a failed transaction
///   too. `reset` is DISCARD ALL: it keeps `Target.settings`, and drops temporary tables, advisory locks, LISTEN, SET.
/// - `lock_waits` sees what pg_blocking_pids sees, for every role; a prepared transaction that blocks has no
///   session and is left out.
/// - A stream's rows that were on their way when its deadline passed are still given, then it fails.
[[nodiscard]] std::unique_ptr<Driver> make_postgres_driver();

}  // namespace lockkeeper
