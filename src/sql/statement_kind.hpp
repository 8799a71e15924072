// What a statement does, as far as its first words tell: the text predicts, the server confirms.
#pragma once

#include <cstdint>
#include <string_view>

namespace lockkeeper::sql {

/// One kind a statement; words of both dialects that mean the same share a kind.
enum class StatementKind : std::uint8_t {
  unknown,         ///< The first word says nothing to us.
  select,          ///< SELECT, VALUES, TABLE; WITH ... SELECT.
  select_locking,  ///< SELECT that takes row locks: FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE.
  insert,          ///< INSERT; MySQL's REPLACE.
  update,
  delete_,
  merge,
  copy,      ///< COPY; MySQL's LOAD DATA.
  call,      ///< CALL, DO, EXECUTE: runs what the text does not show.
  ddl,       ///< CREATE, ALTER, DROP, TRUNCATE, COMMENT, GRANT, REVOKE and their like.
  begin,     ///< BEGIN, START TRANSACTION, XA START.
  commit,    ///< COMMIT; PostgreSQL's END.
  rollback,  ///< ROLLBACK, ABORT.
  savepoint,
  release,              ///< RELEASE SAVEPOINT.
  rollback_to,          ///< ROLLBACK TO SAVEPOINT: the transaction stays open.
  prepare_transaction,  ///< PREPARE TRANSACTION, XA PREPARE.
  commit_prepared,      ///< COMMIT PREPARED, XA COMMIT.
  rollback_prepared,    ///< ROLLBACK PREPARED, XA ROLLBACK.
  set,                  ///< SET, RESET, USE: changes the session.
  show,                 ///< SHOW, DESCRIBE, XA RECOVER.
  explain,
  fetch,        ///< FETCH, MOVE.
  lock,         ///< LOCK TABLE, UNLOCK TABLES.
  listen,       ///< LISTEN, UNLISTEN, NOTIFY.
  maintenance,  ///< VACUUM, ANALYZE, REINDEX, CLUSTER, CHECKPOINT, OPTIMIZE, FLUSH and their like.
  utility,      ///< PREPARE, DEALLOCATE, DISCARD, DECLARE, CLOSE, KILL and other known words.
  empty,        ///< Only white space, comments and semicolons.
};

/// "select", "select_locking", "delete", ...: stable, lower case, fit for JSON.
[[nodiscard]] std::string_view to_string(StatementKind kind) noexcept;

/// Whether the kind itself writes rows: insert, update, delete, merge. A locking SELECT does not;
/// what a CALL does nobody knows.
[[nodiscard]] bool writes(StatementKind kind) noexcept;

}  // namespace lockkeeper::sql
