// The user file: who may log in, in the format of PgBouncer's userlist.txt.
//
//   ; a comment
//   "name" "password, md5 hash or SCRAM verifier"
//
// Quotes within quotes are doubled. Whatever follows the second text on its line is ignored, as PgBouncer does.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proxy/auth/scram.hpp"
#include "proxy/auth/secret.hpp"

namespace lockkeeper::proxy {

inline constexpr std::size_t most_user_file = 16 * 1024 * 1024;  ///< Bytes: a hundred thousand verifiers.
inline constexpr std::size_t most_user_name = 255;               ///< PostgreSQL's are 63 bytes, unless it was rebuilt.

enum class SecretKind {
  none,      ///< Nobody logs in by password as this user.
  password,  ///< The password itself.
  md5,       ///< "md5...": can answer md5 alone.
  scram,     ///< A verifier: can answer SCRAM and check passwords.
};

struct User {
  std::string name;
  SecretKind kind = SecretKind::none;
  Secret secret;                          ///< The password, or the md5 hash.
  std::optional<ScramVerifier> verifier;  ///< Of kind scram.
};

struct UserError {
  std::size_t line = 0;  ///< From 1; 0: the file as a whole.
  std::string message;
};

/// One state of the user file. Immutable to all eyes, any thread; a reload makes another.
class Users {
 public:
  /// `process_key`: drawn once per process; what users are told who are not there follows from it, and stays the same
  /// over reloads. All errors at once, at most 100.
  [[nodiscard]] static std::expected<std::shared_ptr<const Users>, std::vector<UserError>> parse(
      std::string_view text, const Key& process_key);
  /// Nobody, or one user with a password: the URL's own.
  [[nodiscard]] static std::shared_ptr<const Users> nobody(const Key& process_key);
  [[nodiscard]] static std::shared_ptr<const Users> only(std::string_view name, std::string_view password,
                                                         const Key& process_key);

  explicit Users(const Key& process_key) : process_key_(process_key) {}  // for parse alone

  /// nullptr: not in the file. Valid as long as this object.
  [[nodiscard]] const User* find(std::string_view name) const;
  [[nodiscard]] std::size_t size() const noexcept { return users_.size(); }

  /// For an exchange by SCRAM with a user of kind password or scram. A password's verifier is made at its first use
  /// (4096 iterations, some milliseconds) and kept.
  [[nodiscard]] const ScramVerifier& verifier_of(const User& user) const;
  /// For an exchange that will fail: looks like this file's others, and is always the same for a name.
  [[nodiscard]] ScramVerifier made_up_verifier(std::string_view name) const;
  /// Most of the file are verifiers: what a user that is not there would most likely have.
  [[nodiscard]] bool mostly_verifiers() const noexcept { return verifiers_ * 2 > users_.size(); }

  /// Worth a line in the log, without secrets: passwords whose SCRAM form is not certain (saslprep.hpp).
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  struct Entry {
    User user;
    std::once_flag made;
    std::optional<ScramVerifier> verifier;  ///< Of a password, once made.
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>()(name); }
  };

  /// Why not, if not.
  [[nodiscard]] std::optional<std::string> add(std::string name, std::string_view secret);
  [[nodiscard]] std::string salt_of(std::string_view name) const;
  void count_usual();

  Key process_key_;
  mutable std::unordered_map<std::string, Entry, Hash, std::equal_to<>> users_;
  std::size_t verifiers_ = 0;
  std::uint32_t usual_iterations_ = usual_iterations;  ///< Those of most verifiers of the file.
  std::vector<std::string> warnings_;
};

/// A user file from disk.
struct UserFile {
  std::shared_ptr<const Users> users;
  std::vector<std::string> warnings;  ///< The users', and that the file may be read or written by everybody.
};
/// Errors as "file:line: message".
[[nodiscard]] std::expected<UserFile, std::vector<std::string>> read_user_file(const std::string& path,
                                                                               const Key& process_key);
/// What is wrong with a file of secrets that has these permission bits; nullopt: nothing.
[[nodiscard]] std::optional<std::string> permission_warning(const std::string& path, unsigned mode);

}  // namespace lockkeeper::proxy
