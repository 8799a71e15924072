#include "client/drivers/sqlite_errors.hpp"

#include <algorithm>
#include <cstddef>

namespace lockkeeper::client::sqlite {
namespace {

bool is_about_a_lock(const Fault& fault) noexcept {
  return fault.primary() == SQLITE_BUSY || fault.primary() == SQLITE_LOCKED;
}

// SQLite refuses at once, instead of waiting, where two that read would each wait for the other before it may write;
// and for good where somebody has written since we began to read.
bool is_too_old_to_write(const Fault& fault, const Circumstances& circumstances) noexcept {
  if (fault.code == SQLITE_BUSY_SNAPSHOT) return true;
  return fault.primary() == SQLITE_BUSY && circumstances.was_open && circumstances.changes;
}

ErrorCode code_of_a_lock(const Fault& fault, const Circumstances& circumstances) noexcept {
  switch (circumstances.stopped_by) {
    case StoppedBy::deadline: return ErrorCode::deadline;
    case StoppedBy::cancel: return ErrorCode::cancelled;
    case StoppedBy::deadlock: return ErrorCode::deadlock;
    case StoppedBy::nothing: break;
  }
  return is_too_old_to_write(fault, circumstances) ? ErrorCode::serialization : ErrorCode::lock_not_available;
}

ErrorCode code_of(const Fault& fault, const Circumstances& circumstances) noexcept {
  if (fault.code == SQLITE_READONLY_DBMOVED) return ErrorCode::connection_lost;
  switch (fault.primary()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return code_of_a_lock(fault, circumstances);
    case SQLITE_PROTOCOL: return ErrorCode::lock_not_available;
    case SQLITE_INTERRUPT:
      return circumstances.stopped_by == StoppedBy::deadline ? ErrorCode::deadline : ErrorCode::cancelled;
    case SQLITE_CONSTRAINT: return ErrorCode::constraint;
    case SQLITE_FULL: return ErrorCode::disk_full;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return ErrorCode::permission;
    case SQLITE_NOTADB: return ErrorCode::protocol;
    case SQLITE_MISUSE:
    case SQLITE_RANGE: return ErrorCode::misuse;
    default: return ErrorCode::server_error;
  }
}

// SQLite has no SQLSTATE; for constraints it knows as much as the others do.
std::string_view sqlstate_of(int code) noexcept {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return "23505";
    case SQLITE_CONSTRAINT_FOREIGNKEY: return "23503";
    case SQLITE_CONSTRAINT_NOTNULL: return "23502";
    case SQLITE_CONSTRAINT_CHECK: return "23514";
    default: return (code & 0xff) == SQLITE_CONSTRAINT ? "23000" : "";
  }
}

Blast blast_of(const Fault& fault, ErrorCode code, const Circumstances& circumstances) noexcept {
  if (fault.code == SQLITE_READONLY_DBMOVED || fault.primary() == SQLITE_MISUSE) return Blast::connection;
  const bool has_ended = circumstances.was_open && !circumstances.is_open;
  const bool is_in_the_way = code == ErrorCode::serialization || code == ErrorCode::deadlock;
  return has_ended || (circumstances.was_open && is_in_the_way) ? Blast::transaction : Blast::statement;
}

std::string file_of(sqlite3* database) {
  const char* name = sqlite3_db_filename(database, "main");
  return name == nullptr || *name == '\0' ? "the database" : name;
}

std::string advice_about_a_lock(sqlite3* database, ErrorCode code) {
  switch (code) {
    case ErrorCode::deadline:
      return "the deadline passed first: another connection kept " + file_of(database) +
             " locked for so long (a transaction left open, here or in another process, or a backup)";
    case ErrorCode::cancelled: return "cancelled while it waited for another connection's lock";
    case ErrorCode::deadlock:
      return "the connection that holds the lock waits for this one: roll back and run the transaction again";
    case ErrorCode::serialization:
      return "the transaction has read, and another connection writes or has written since: run it again from its "
             "beginning, and begin it for writing (BEGIN IMMEDIATE)";
    default: return "";
  }
}

std::string advice_about_reading_only(sqlite3* database) {
  if (sqlite3_db_readonly(database, "main") == 1) {
    return file_of(database) + " is open for reading only: mode=ro, immutable, or no right to write to the file";
  }
  return "the transaction was begun read-only, PRAGMA query_only is on, or the file's folder cannot be written to";
}

std::string advice(sqlite3* database, const Fault& fault, ErrorCode code) {
  if (is_about_a_lock(fault)) return advice_about_a_lock(database, code);
  if (fault.code == SQLITE_READONLY_DBMOVED) {
    return file_of(database) + " was moved, replaced or deleted since it was opened: connect again";
  }
  switch (fault.primary()) {
    case SQLITE_INTERRUPT: return code == ErrorCode::deadline ? "the deadline passed; the statement was stopped" : "";
    case SQLITE_FULL: return "the disk that holds " + file_of(database) + " is full, or PRAGMA max_page_count is met";
    case SQLITE_READONLY: return advice_about_reading_only(database);
    case SQLITE_CORRUPT:
      return file_of(database) + " is damaged: copy it, run PRAGMA integrity_check, restore a backup or try .recover";
    case SQLITE_NOTADB: return file_of(database) + " is not an SQLite database, or it is encrypted";
    case SQLITE_IOERR: return "the operating system failed to read or write " + file_of(database);
    case SQLITE_CANTOPEN: return "a file beside " + file_of(database) + " (-wal, -shm, -journal) cannot be opened";
    default: return "";
  }
}

void replace_all(std::string& text, std::string_view old_text, std::string_view new_text) {
  for (auto at = text.find(old_text); at != std::string::npos; at = text.find(old_text, at + new_text.size())) {
    text.replace(at, old_text.size(), new_text);
  }
}

// What a message may have of a parameter: a quotation, or all that follows its last colon.
std::string_view quoted_part(std::string_view words) {
  for (const char quote : {'"', '\''}) {
    const auto begin = words.find(quote);
    const auto end = words.rfind(quote);
    if (begin < end) return words.substr(begin + 1, end - begin - 1);
  }
  const auto colon = words.rfind(": ");
  return colon == std::string_view::npos ? std::string_view() : words.substr(colon + 2);
}

// A whole parameter that is shorter is found in too many innocent words.
constexpr std::size_t shortest_telling = 4;

void take_out(std::string& words, std::string_view value, std::string_view sql, std::string_view number) {
  const std::string_view part = quoted_part(words);
  if (!part.empty() && value.contains(part) && !sql.contains(part)) {
    words.replace(static_cast<std::size_t>(part.data() - words.data()), part.size(), number);
  }
  if (value.size() >= shortest_telling && !sql.contains(value)) replace_all(words, value, number);
}

}  // namespace

Fault fault_of(sqlite3* database) {
  return {.code = sqlite3_extended_errcode(database), .message = sqlite3_errmsg(database)};
}

std::string without_values(std::string words, std::string_view sql, std::span<const Parameter> parameters) {
  for (std::size_t index = 0; index < parameters.size(); ++index) {
    const std::string_view* text = parameters[index].text();
    if (text != nullptr) take_out(words, *text, sql, "$" + std::to_string(index + 1));
  }
  return words;
}

Error statement_error(sqlite3* database, const Fault& fault, const Circumstances& circumstances) {
  const ErrorCode code = code_of(fault, circumstances);
  Error error{code, std::string(sqlstate_of(fault.code)),
              without_values(fault.message, circumstances.sql, circumstances.parameters),
              blast_of(fault, code, circumstances)};
  const std::string more = advice(database, fault, code);
  if (!more.empty()) error.message += ": " + more;
  if (circumstances.was_open && !circumstances.is_open) error.message += "\nThe transaction has been rolled back.";
  return error;
}

Error configuration_error(std::string_view words) {
  return {ErrorCode::configuration, "", std::string(words), Blast::connection};
}

Error misuse(std::string_view words, Blast blast) { return {ErrorCode::misuse, "", std::string(words), blast}; }

Error too_late(std::string_view what) {
  return {ErrorCode::deadline, "", "the deadline passed; " + std::string(what), Blast::statement};
}

Error stopped_between(StoppedBy stopped_by) {
  if (stopped_by == StoppedBy::cancel)
    return {ErrorCode::cancelled, "", "cancelled between two statements", Blast::statement};
  return too_late("the next statement was not begun");
}

}  // namespace lockkeeper::client::sqlite
