#include "client/drivers/sqlite_open.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "client/drivers/sqlite_errors.hpp"
#include "client/drivers/sqlite_execution.hpp"
#include "client/drivers/sqlite_pragmas.hpp"
#include "client/drivers/sqlite_url.hpp"

namespace lockkeeper::client::sqlite {
namespace {

struct Reason {
  ErrorCode code;
  std::string words;
};

// SQLite's own word is always "unable to open database file".
Reason reason_of(const Location& location, int system_error) {
  const std::filesystem::path path(location.file);
  const auto folder = path.parent_path();
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return {ErrorCode::unknown_database, "it is a folder"};
  if (!folder.empty() && !std::filesystem::exists(folder, ignored) && !ignored) {
    return {ErrorCode::unknown_database, "the folder \"" + folder.string() + "\" does not exist"};
  }
  if (system_error == ENOENT) {
    return {ErrorCode::unknown_database, "there is no such file (mode=rwc creates one)"};
  }
  const std::string words = std::generic_category().message(system_error);
  const bool is_forbidden = system_error == EACCES || system_error == EPERM || system_error == EROFS;
  return {is_forbidden ? ErrorCode::permission : ErrorCode::unreachable, system_error == 0 ? "" : words};
}

Error open_error(sqlite3* database, const Location& location) {
  if (database == nullptr) return {ErrorCode::unreachable, "", "out of memory in SQLite", Blast::connection};
  const Reason reason = reason_of(location, location.is_memory ? 0 : sqlite3_system_errno(database));
  const std::string words = reason.words.empty() ? std::string(sqlite3_errmsg(database)) : reason.words;
  return {reason.code, "", "cannot open \"" + location.file + "\": " + words, Blast::connection};
}

Database open_database(const Location& location) {
  constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  sqlite3* handle = nullptr;
  const int outcome = sqlite3_open_v2(location.uri().c_str(), &handle, flags, nullptr);
  Database database(handle);
  if (outcome != SQLITE_OK) throw Failure(open_error(handle, location));
  sqlite3_extended_result_codes(handle, 1);
  return database;
}

std::string ask(Session& session, std::string_view sql) {
  auto statement = prepare(session.database.get(), *session.interruption, sql);
  PreparedStatement* const used = statement.get();
  const Rows rows = Execution(session.database.get(), *session.interruption, {used, std::move(statement)}).run();
  return rows.empty() ? std::string() : std::string(rows.cell(0, 0).value_or(""));
}

Error mode_not_changed(Error error, const std::string& mode) {
  error.message += "\njournal_mode could not be changed to " + mode +
                   " while others use the file; the option journal_mode asks for another";
  return error;
}

// Others who use the file may refuse a change of its mode at once, however short they stay.
std::string change_journal_mode(Session& session, const std::string& mode) {
  for (int round = 0;; ++round) {
    try {
      return ask(session, "PRAGMA journal_mode='" + mode + "'");
    } catch (const Failure& failure) {
      Error error = failure.error();
      const bool is_refused = error.code == ErrorCode::lock_not_available;
      if (is_refused && session.interruption->wait_for_lock(round)) continue;
      if (is_refused) error.code = ErrorCode::deadline;
      throw Failure(mode_not_changed(std::move(error), mode));
    }
  }
}

void set_journal_mode(Session& session, const Location& location, const std::string& said) {
  if (said.empty() && (location.is_memory || !session.is_writable)) return;
  const std::string wanted = said.empty() ? "wal" : said;
  if (ask(session, "PRAGMA journal_mode") == wanted) return;
  const std::string got = change_journal_mode(session, wanted);
  if (said.empty() || got == wanted) return;  // Where a file cannot have a WAL, as on some network, it stays.
  throw Failure(
      configuration_error("journal_mode cannot be " + wanted + " for \"" + location.file + "\": it is " + got));
}

// As SQLite's documentation of pragmas says, but not of which: so it is tried.
bool switches_when_prepared(Session& session) {
  const auto prepared = prepare(session.database.get(), *session.interruption, "PRAGMA query_only=1");
  return ask(session, "PRAGMA query_only") == "1";
}

void prepare_session(Session& session, const Location& location, const Pragmas& pragmas) {
  session.pragmas = pragmas.statements;
  for (const std::string& pragma : session.pragmas) static_cast<void>(ask(session, pragma));
  // Nothing of the file has been read so far. Is it a database?
  static_cast<void>(ask(session, "SELECT 1 FROM sqlite_master LIMIT 1"));
  session.is_writable = sqlite3_db_readonly(session.database.get(), "main") == 0;
  set_journal_mode(session, location, pragmas.journal_mode);
  session.switches_when_prepared = switches_when_prepared(session);
  session.pragmas.emplace_back(pragmas.query_only ? "PRAGMA query_only=1" : "PRAGMA query_only=0");
  static_cast<void>(ask(session, session.pragmas.back()));
  session.is_query_only = pragmas.query_only;
  session.is_writable = session.is_writable && !pragmas.query_only;
}

std::string name_of(sqlite3* database, const Location& location) {
  const char* file = sqlite3_db_filename(database, "main");
  return file == nullptr || *file == '\0' ? location.name() : file;
}

}  // namespace

Session open_session(const Target& target, Deadline deadline) {
  const auto location = parse_url(target.url);
  if (!location) throw Failure(location.error());
  const auto pragmas = pragmas_of(*location, target);
  if (!pragmas) throw Failure(pragmas.error());
  if (sqlite3_threadsafe() == 0) {
    throw Failure(configuration_error("this SQLite library was built for a single thread (SQLITE_THREADSAFE=0)"));
  }
  try {
    if (has_passed(deadline)) throw Failure(too_late("the file was not opened"));
    Session session{.interruption = std::make_shared<Interruption>(), .database = open_database(*location)};
    session.interruption->watch(session.database.get());
    session.name = name_of(session.database.get(), *location);
    const Running running(*session.interruption, deadline);
    prepare_session(session, *location, *pragmas);
    return session;
  } catch (const Failure& failure) {
    Error error = failure.error();
    error.blast = Blast::connection;
    throw Failure(std::move(error));
  }
}

}  // namespace lockkeeper::client::sqlite
