#include "store/sqlite_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "store/schema.hpp"

namespace lockkeeper::store {
namespace {

// A write-ahead log that has grown (a long reader, a large trim) is cut back to this once it is begun anew.
constexpr const char* write_ahead_bytes = "4194304";

std::string reason(int system_error) { return std::generic_category().message(system_error); }

ErrorCode code_of(int system_error) {
  switch (system_error) {
    case EACCES:
    case EPERM:
    case EROFS: return ErrorCode::permission;
    case ENOSPC:
    case EDQUOT: return ErrorCode::disk_full;
    default: return ErrorCode::unknown_database;
  }
}

Failure unusable(ErrorCode code, const std::string& words) { return Failure({code, "", words, Blast::connection}); }

// SQLite would give it the umask's permissions; the files beside it get those of the file.
void make_file(const std::filesystem::path& file) {
  std::error_code error;
  const auto folder = file.parent_path();
  if (!folder.empty() && !std::filesystem::exists(folder, error)) {
    std::filesystem::create_directories(folder, error);
    if (error) throw unusable(code_of(error.value()), "the folder " + folder.string() + ": " + error.message());
  }
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR);
  if (made < 0) throw unusable(code_of(errno), reason(errno));
  struct stat status{};
  const bool is_file = ::fstat(made, &status) == 0 && S_ISREG(status.st_mode);
  ::close(made);
  if (!is_file) throw unusable(ErrorCode::configuration, "it is no ordinary file");
}

std::string url_of(const std::filesystem::path& file, std::string_view mode) {
  constexpr std::string_view special = "%?#";
  std::string url = "sqlite://";
  for (const char letter : std::filesystem::absolute(file).string()) {
    url +=
        special.contains(letter) ? fmt::format("%{:02X}", static_cast<unsigned char>(letter)) : std::string(1, letter);
  }
  return fmt::format("{}?mode={}", url, mode);
}

// Connecting for writing changes how a file is written. So whose it is, is asked before, without writing.
void require_ours(Driver& driver, const std::filesystem::path& file, Deadline deadline, bool newest_only) {
  std::error_code error;
  if (std::filesystem::file_size(file, error) == 0 && !error && !newest_only) return;
  const auto connection = driver.connect({.url = url_of(file, "ro")}, deadline);
  const SchemaState state = schema_of(*connection, deadline);
  const auto newest = std::ssize(schema_steps());
  const std::string complaint = complaint_about(state, newest);
  if (!complaint.empty()) throw unusable(ErrorCode::configuration, complaint);
  if (!newest_only || state.version == newest) return;
  throw unusable(ErrorCode::configuration,
                 state.is_new() ? "it is empty: nothing has been kept in it so far"
                                : "it was written by an older Lockkeeper: `lockkeeper run` brings it up to date");
}

std::unique_ptr<Connection> connect_for_writing(Driver& driver, const SqliteHistoryOptions& options,
                                                Deadline deadline) {
  Target target{.url = "sqlite::memory:"};
  if (!options.file.empty()) {
    make_file(options.file);
    require_ours(driver, options.file, deadline, false);
    target.url = url_of(options.file, "rw");
  }
  // Incremental: what is forgotten gives its room back to the file system. Normal: with a write-ahead log the end of
  // our process loses nothing; the end of the machine may lose the last commits, never the file.
  target.settings = {{"auto_vacuum", "incremental"},
                     {"journal_size_limit", write_ahead_bytes},
                     {"synchronous", "normal"},
                     {"trusted_schema", "off"}};
  for (const auto& [name, value] : options.pragmas) target.settings[name] = value;
  auto connection = driver.connect(target, deadline);
  migrate(*connection, schema_steps(), deadline);
  return connection;
}

std::string_view advice_for(ErrorCode code) {
  switch (code) {
    case ErrorCode::disk_full: return "make room on that disk, or keep the history elsewhere";
    case ErrorCode::permission: return "give the user who runs Lockkeeper the right to read and write file and folder";
    case ErrorCode::protocol: return "move it away, and a new one is made; or name another file";
    case ErrorCode::deadline: return "another program keeps it locked; ending that is enough";
    case ErrorCode::server_error: return "where it is damaged, move it away, and a new one is made";
    default: return "";
  }
}

}  // namespace

std::optional<FileIdentity> identity_of(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

std::unique_ptr<Connection> connect_to_history(Driver& driver, const SqliteHistoryOptions& options, Deadline deadline) {
  if (!options.read_only) return connect_for_writing(driver, options, deadline);
  if (!identity_of(options.file)) {
    const int why = errno;
    throw unusable(code_of(why), why == ENOENT ? "there is no such file: `lockkeeper run` keeps a history where it is "
                                                 "configured to"
                                               : reason(why));
  }
  require_ours(driver, options.file, deadline, true);
  return driver.connect({.url = url_of(options.file, "ro"), .settings = {{"trusted_schema", "off"}}}, deadline);
}

Error about_file(Error error, const std::filesystem::path& file) {
  const std::string_view advice = advice_for(error.code);
  error.message = fmt::format("the history {}: {}{}{}", file.empty() ? "in memory" : file.string(), error.message,
                              advice.empty() ? "" : "\n", advice);
  return error;
}

}  // namespace lockkeeper::store
