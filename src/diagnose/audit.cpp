#include "diagnose/audit.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/utf8.hpp"

namespace lockkeeper::diagnose {
namespace {

namespace json = boost::json;

json::string text(std::string_view bytes) { return json::string(base::mend_utf8(bytes)); }

std::string wall_clock() {
  return model::to_rfc3339(std::chrono::floor<model::Duration>(std::chrono::system_clock::now()));
}

json::array locks(const model::Session& session) {
  json::array result;
  for (const auto& lock : session.locks) result.push_back(text(lock.mode + " on " + lock.target));
  return result;
}

std::string record(const AuditContext& context, const model::Session& target, const model::ActionResult* result) {
  json::object line{{"at", json::string(wall_clock())},
                    {"actor", text(context.actor)},
                    {"role", text(context.role)},
                    {"server", text(context.server)},
                    {"action", json::string(to_string(context.action))},
                    {"phase", result == nullptr ? "intent" : "outcome"},
                    {"session", text(to_string(target.id))},
                    {"application", text(target.application)},
                    {"user", text(target.user)},
                    {"database", text(target.database)},
                    {"state", json::string(to_string(target.state))},
                    {"wrote", target.transaction && target.transaction->wrote},
                    {"statement", target.statement ? json::value(text(target.statement->text)) : json::value(nullptr)},
                    {"locks", locks(target)}};
  if (context.finding != nullptr) {
    line["finding"] = text(context.finding->id.value());
    line["why"] = text(context.finding->title);
  }
  if (result != nullptr) {
    line["outcome"] = json::string(model::outcome_name(result->outcome, context.action == model::Action::cancel));
    line["reason"] = text(result->reason);
  }
  return json::serialize(line) + "\n";
}

std::string reason(const std::string& path) { return path + ": " + std::strerror(errno); }

}  // namespace

std::expected<Audit, std::string> Audit::open(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return std::unexpected(path.parent_path().string() + ": " + error.message());
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return std::unexpected(reason(path.string()));
  return Audit(file, path.string());
}

Audit::Audit(Audit&& other) noexcept : file_(std::exchange(other.file_, -1)), path_(std::move(other.path_)) {}

Audit::~Audit() {
  if (file_ >= 0) ::close(file_);
}

std::expected<void, std::string> Audit::append(const AuditContext& context, const model::Session& target,
                                               const model::ActionResult* result) {
  const std::string line = record(context, target, result);
  // One write: with O_APPEND, lines of two processes do not mix. A short write means a full disk.
  ssize_t written = 0;
  do {
    written = ::write(file_, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return std::unexpected(reason(path_));
  if (static_cast<std::size_t>(written) < line.size()) {
    // End the half line, if there is room for that: the next record must not be glued to it.
    [[maybe_unused]] const ssize_t ended = ::write(file_, "\n", 1);
    return std::unexpected(path_ + ": the disk is full");
  }
  // EINVAL: not a file that can be synced (a pipe, /dev/null): its owner knows what it is doing.
  if (::fsync(file_) < 0 && errno != EINVAL && errno != EROFS) return std::unexpected(reason(path_));
  return {};
}

}  // namespace lockkeeper::diagnose
