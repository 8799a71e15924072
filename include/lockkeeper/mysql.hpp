// The driver for MySQL and MariaDB, on libmariadb. Component `mysql`.
#pragma once

#include <memory>

#include <lockkeeper/driver.hpp>

namespace lockkeeper {
/// `mysql://user:password@host:port/database?option=value`, or mariadb://; the parts percent-encoded, all optional.
///
/// Where: no host, or `localhost` without a port, is the unix socket (option `socket`, MYSQL_UNIX_PORT, or
/// /run/mysqld/mysqld.sock), as mysql users expect; with a port, or by address, it is TCP (port 3306). Of a name's
/// addresses one that refuses costs nothing, but one that stays silent uses up the deadline. No user: the system's.
/// The password may also come from MYSQL_PWD. Nothing else is read from the environment, and no my.cnf unless the
/// option `defaults-file` names one: its [client], [client-server] and [client-mariadb] groups, under the URL's own.
///
/// Options, with '-' or '_'; an unknown one is a configuration error:
/// - `ssl-mode`: disabled, preferred (the default: TLS where the server can, but not by socket), required, verify-ca,
///   verify-full (or verify-identity); MariaDB's `ssl` and `ssl-verify-server-cert` are understood. `ssl-ca` alone
///   means verify-ca. `ssl-ca`, `ssl-capath`, `ssl-cert`, `ssl-key`: PEM files; `ssl-cipher`; `tls-version`:
///   TLSv1.2,TLSv1.3. Where TLS is required and not offered, nothing is sent.
/// - `connect-timeout`: seconds. `program-name`: over Target::application_name (the attribute program_name).
/// - `enable-cleartext-plugin`: the server may ask for the password itself (PAM, LDAP); only with TLS required or by
///   socket.
///
/// Sessions: utf8mb4; time_zone +00:00; autocommit on, always; sql_mode as the server has it. `Target.settings` are set
/// by SET SESSION over these, after every reset too; a setting that the server refuses is a configuration error.
/// LOAD DATA LOCAL is off: a server could ask for any file. Several statements in one text are a syntax error.
///
/// Where interface and databases leave a choice open, this driver chose:
///
/// - Statements with parameters are prepared (binary protocol), those without go as text, in one round trip; cells read
///   the same either way, except FLOAT: the exact number where prepared, the server's six digits as text. BIT reads as
///   a number. Texts of more than 64 KiB are prepared, but not kept.
/// - `affected` of an UPDATE counts the rows found, also those that did not have to be changed.
/// - CALL returns the first of its results; an error in a later one is the statement's.
/// - Error packets do not tell the transaction's status, so after an error the driver asks (COM_PING, which leaves SHOW
///   WARNINGS alone). A deadlock's victim has no transaction left: blast `transaction`, status idle. A lock timeout
///   costs the statement, unless innodb_rollback_on_timeout is on. DDL commits the open transaction, even if it fails.
/// - At a deadline the statement is stopped by KILL QUERY over a second short connection, by the same user to the same
///   address; a server that has no connection left for it is closed instead. Before the kill that connection compares
///   host name, port and id of the server, so that nobody else's session is hit behind a load balancer. A kill or
///   cancel that comes too late never stops a statement that was begun after it.
/// - `execute_batch` sends one statement after another: these servers cannot stop a pipeline at its first error.
///   Outside a transaction it begins and commits its own, and refuses (`misuse`) statements that may commit by
///   themselves. Tables of engines without transactions cannot be rolled back.
/// - `begin` takes two round trips where an isolation is given, one otherwise. `deferrable` means nothing here.
/// - A reply lost outside a transaction has blast `commit_unknown`, because any statement, SELECT included, may have
///   written and committed; not so BEGIN, SET, SHOW and the like. Inside a transaction it is everything but SELECT,
///   INSERT, UPDATE, DELETE and their kind, because most other statements commit.
/// - Statements larger than the server's max_allowed_packet are refused (`configuration`) before they are sent.
/// - Doubles that are not finite, and years outside 0 to 9999, throw `conversion`.
/// - `lock_waits` sees InnoDB's row and table locks, not metadata locks; it needs the PROCESS privilege (on MySQL
///   SELECT on performance_schema). MariaDB renews its view only when nobody has looked for a tenth of a second, so
///   calls wait for that; another monitor that looks more often freezes it for all.
/// - Messages carry the server's error number, and not the values that it quotes.
///
/// Nothing waits past its deadline but name resolution (see Driver::connect). libmariadb's TLS handshake blocks; a
/// thread ends it at the deadline. libmariadb makes the process ignore SIGPIPE.
[[nodiscard]] std::unique_ptr<Driver> make_mysql_driver();

}  // namespace lockkeeper
