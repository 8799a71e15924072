// The append-only record of every action: JSON lines, one before it and one after it.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "model/diagnosis.hpp"

namespace lockkeeper::diagnose {

/// What stays the same for all records of one run.
struct AuditContext {
  std::string actor;  ///< Who runs us: the operating system's user name.
  std::string role;   ///< Our role on the server.
  std::string server;
  model::Action action = model::Action::terminate;
  const model::Finding* finding = nullptr;  ///< Why; nullptr when the session was named by hand.
};

/// An open audit file. Records are on disk (fsync) when append returns: an action is only begun once its intent is
/// recorded, so a full disk stops actions, never their record.
class Audit {
 public:
  /// Opens for appending, creating file and folders (readable by their owner alone).
  [[nodiscard]] static std::expected<Audit, std::string> open(const std::filesystem::path& path);

  Audit(Audit&& other) noexcept;
  Audit& operator=(Audit&&) = delete;
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;
  ~Audit();

  /// `result` is nullptr for the intent. Returns the reason where the record could not be written.
  [[nodiscard]] std::expected<void, std::string> append(const AuditContext& context, const model::Session& target,
                                                        const model::ActionResult* result);

 private:
  Audit(int file, std::string path) : file_(file), path_(std::move(path)) {}
  int file_;
  std::string path_;
};

}  // namespace lockkeeper::diagnose
