// The PostgreSQL driver, on libpq. No libpq type leaves this folder.
#pragma once

#include <memory>

#include <lockkeeper/driver.hpp>

namespace lockkeeper::client {

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
/// - COPY to or from the client is refused with code `misuse`; alone in `execute` the connection survives it,
///   in a batch it is closed.
/// - Error messages carry the server's DETAIL, except that of data and constraint errors (SQLSTATE classes 22 and
///   23), which quotes rows; a parameter that the server quotes is replaced by its number.
[[nodiscard]] std::unique_ptr<Driver> make_postgres_driver();

}  // namespace lockkeeper::client
