// SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it, both sides, as machines over strings.
//
// Without channel binding: a proxy that ends TLS cannot offer it. The name within the messages is ignored, as
// PostgreSQL does; whose verifier is used is the start-up packet's affair. Nothing here throws but std::bad_alloc.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/auth/secret.hpp"

namespace lockkeeper::proxy {

inline constexpr std::string_view scram_mechanism = "SCRAM-SHA-256";

// Every limit: peers choose the lengths and, as servers, the work.
inline constexpr std::size_t most_scram_message = 4096;       ///< PostgreSQL reads 1024; servers may have long salts.
inline constexpr std::size_t most_scram_salt = 1024;          ///< Bytes. PostgreSQL makes 16.
inline constexpr std::uint32_t most_iterations = 10'000'000;  ///< Of a verifier: no work for us.
inline constexpr std::uint32_t most_derived_iterations = 1'000'000;  ///< Of a password: half a second of a worker.
inline constexpr std::uint32_t usual_iterations = 4096;              ///< PostgreSQL's scram_iterations.
inline constexpr std::size_t most_password = 4096;  ///< Bytes. Longer than any, tokens used as passwords included.

/// What a server keeps of a password: enough to check a proof, not enough to make one.
struct ScramVerifier {
  std::uint32_t iterations = usual_iterations;
  std::string salt;  ///< Bytes.
  Key stored_key;
  Key server_key;
};
/// Whether the text means to be a verifier: how PostgreSQL tells it from a password.
[[nodiscard]] bool is_scram_verifier(std::string_view text) noexcept;
/// "SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>", as in pg_authid. Otherwise why not, without the text.
[[nodiscard]] std::expected<ScramVerifier, std::string> parse_scram_verifier(std::string_view text);
[[nodiscard]] std::string to_string(const ScramVerifier& verifier);
/// The password is prepared first (saslprep.hpp). Takes `iterations` rounds of work.
[[nodiscard]] ScramVerifier make_scram_verifier(std::string_view password, std::string_view salt,
                                                std::uint32_t iterations);

/// What logs in to a server without the password: as good as the password, for that one verifier.
struct ScramKeys {
  Key client_key;
  Key server_key;
  std::string salt;  ///< With `iterations`: which verifier these belong to.
  std::uint32_t iterations = 0;
};
[[nodiscard]] ScramKeys derive_scram_keys(std::string_view password, std::string_view salt, std::uint32_t iterations);
/// Whether this is the password that the verifier was made from. Work as its iterations say: bound them first.
[[nodiscard]] bool matches(const ScramVerifier& verifier, std::string_view password);

struct ScramFailure {
  enum class Kind {
    malformed,  ///< The peer does not speak the protocol.
    refused,    ///< It does, but the proof is wrong, or it asks for what we do not do.
  };
  Kind kind = Kind::malformed;
  std::string reason;  ///< For a log; never holds a secret.
};

/// The side that asks: message in, message out, twice.
class ScramServer {
 public:
  /// `doomed`: the verifier is made up, and no proof will do. Everything else is the same, to the peer's eyes.
  ScramServer(ScramVerifier verifier, std::string nonce, bool doomed = false);

  /// client-first-message to server-first-message.
  [[nodiscard]] std::expected<std::string, ScramFailure> first(std::string_view message);
  /// client-final-message to server-final-message: the peer has the password, and `keys` are its.
  [[nodiscard]] std::expected<std::string, ScramFailure> last(std::string_view message);

  /// After success.
  [[nodiscard]] const std::optional<ScramKeys>& keys() const noexcept { return keys_; }

 private:
  ScramVerifier verifier_;
  std::string nonce_;  ///< Ours; once the first message has come, both sides' together.
  bool doomed_;
  enum class State { before_first, before_last, over } state_ = State::before_first;
  std::string header_;    ///< The client's GS2 header, which it must repeat.
  std::string exchange_;  ///< client-first-message-bare "," server-first-message
  std::optional<ScramKeys> keys_;
};

/// The side that is asked.
class ScramClient {
 public:
  /// By password, by keys, or both: keys save the work where the server's verifier is still theirs. `password`: as
  /// given, prepared here.
  ScramClient(std::optional<Secret> password, std::optional<ScramKeys> keys, std::string nonce);

  /// client-first-message.
  [[nodiscard]] std::string first();
  /// server-first-message to client-final-message.
  [[nodiscard]] std::expected<std::string, ScramFailure> last(std::string_view message);
  /// server-final-message: success only if the server has proved that it knows the password too.
  [[nodiscard]] std::expected<void, ScramFailure> finish(std::string_view message);

  /// After success; worth keeping for the next login.
  [[nodiscard]] const std::optional<ScramKeys>& keys() const noexcept { return keys_; }

 private:
  [[nodiscard]] std::expected<void, ScramFailure> find_keys(std::string_view salt, std::uint32_t iterations);

  std::optional<Secret> password_;
  std::optional<ScramKeys> keys_;
  std::string nonce_;
  enum class State { before_first, before_last, before_end, over } state_ = State::before_first;
  std::string exchange_;  ///< AuthMessage of RFC 5802, once the second message is made.
};

}  // namespace lockkeeper::proxy
