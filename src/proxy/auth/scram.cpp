#include "proxy/auth/scram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/auth/crypto.hpp"
#include "proxy/auth/scram_text.hpp"

namespace lockkeeper::proxy {
namespace {

std::unexpected<ScramFailure> malformed(std::string reason) {
  return std::unexpected(ScramFailure{ScramFailure::Kind::malformed, std::move(reason)});
}

std::unexpected<ScramFailure> refused(std::string reason) {
  return std::unexpected(ScramFailure{ScramFailure::Kind::refused, std::move(reason)});
}

// What no message may be.
std::optional<std::string> complaint_about(std::string_view message) {
  if (message.empty()) return "the message is empty";
  if (message.size() > most_scram_message) return fmt::format("the message has more than {} bytes", most_scram_message);
  if (message.contains('\0')) return "the message holds a zero byte";
  return std::nullopt;
}

Key operator^(const Key& left, const Key& right) {
  Key result;
  std::ranges::transform(left.bytes, right.bytes, result.bytes.begin(), [](unsigned char one, unsigned char other) {
    return static_cast<unsigned char>(one ^ other);
  });
  return result;
}

// A key, or a signature, as a message carries it.
std::optional<Key> decode_key(std::string_view text) {
  const auto bytes = decode_base64(text);
  if (!bytes || bytes->size() != key_size) return std::nullopt;
  Key key;
  std::ranges::transform(*bytes, key.bytes.begin(), [](char byte) { return static_cast<unsigned char>(byte); });
  return key;
}

struct ClientFirst {
  std::string_view header;  ///< "n,," or "y,,"
  std::string_view bare;
  std::string_view nonce;
};

std::expected<ClientFirst, ScramFailure> read_client_first(std::string_view message) {
  if (message.starts_with("p=")) return refused("the client asks for channel binding, which was not offered");
  if (!message.starts_with("n,") && !message.starts_with("y,")) {
    return malformed("the first message does not begin with a channel binding flag (n, y or p)");
  }
  if (message.size() < 3 || message[2] != ',') {
    return message.substr(2).starts_with("a=") ? refused("the client asks to act as another user")
                                               : malformed("the first message has no end of its header");
  }
  ClientFirst first{message.substr(0, 3), message.substr(3), {}};
  if (first.bare.starts_with("m=")) return refused("the client asks for an extension that we do not know");
  ScramParts parts(first.bare);
  if (!parts.take('n')) return malformed("the first message has no user name");
  const auto nonce = parts.take('r');
  if (!nonce || !is_nonce(*nonce)) return malformed("the first message has no proper nonce");
  if (!parts.skip_extensions(false)) return malformed("the first message ends in what is no extension");
  first.nonce = *nonce;
  return first;
}

struct ClientLast {
  std::string_view header;  ///< In base64.
  std::string_view nonce;
  Key proof;
  std::string_view without_proof;
};

std::expected<ClientLast, ScramFailure> read_client_last(std::string_view message) {
  ScramParts parts(message);
  const auto header = parts.take('c');
  if (!header) return malformed("the last message has no channel binding");
  const auto nonce = parts.take('r');
  if (!nonce) return malformed("the last message has no nonce");
  if (!parts.skip_extensions(true)) return malformed("the last message holds what is no extension");
  const std::size_t before = message.size() - parts.rest().size();
  const auto proof_text = parts.take('p');
  const auto proof = proof_text ? decode_key(*proof_text) : std::nullopt;
  if (!proof) return malformed("the last message has no proof of 32 bytes in base64");
  return ClientLast{*header, *nonce, *proof, message.substr(0, before - 1)};
}

struct ServerFirst {
  std::string_view nonce;
  std::string salt;
  std::uint32_t iterations = 0;
};

std::expected<ServerFirst, ScramFailure> read_server_first(std::string_view message) {
  if (message.starts_with("m=")) return refused("the server asks for an extension that we do not know");
  ScramParts parts(message);
  const auto nonce = parts.take('r');
  if (!nonce || !is_nonce(*nonce)) return malformed("the server's first message has no proper nonce");
  const auto salt_text = parts.take('s');
  const auto salt = salt_text ? decode_base64(*salt_text) : std::nullopt;
  if (!salt || salt->empty() || salt->size() > most_scram_salt) {
    return malformed(fmt::format("the server's first message has no salt of 1 to {} bytes", most_scram_salt));
  }
  const auto count_text = parts.take('i');
  const auto iterations = count_text ? parse_count(*count_text, most_iterations) : std::nullopt;
  if (!iterations) {
    return malformed(fmt::format("the server's first message has no iterations from 1 to {}", most_iterations));
  }
  if (!parts.skip_extensions(false)) return malformed("the server's first message ends in what is no extension");
  return ServerFirst{*nonce, *salt, *iterations};
}

}  // namespace

ScramServer::ScramServer(ScramVerifier verifier, std::string nonce, bool doomed)
    : verifier_(std::move(verifier)), nonce_(std::move(nonce)), doomed_(doomed) {}

std::expected<std::string, ScramFailure> ScramServer::first(std::string_view message) {
  if (std::exchange(state_, State::over) != State::before_first) return malformed("a first message came twice");
  if (auto complaint = complaint_about(message)) return malformed(std::move(*complaint));
  const auto first = read_client_first(message);
  if (!first) return std::unexpected(first.error());
  nonce_.insert(0, first->nonce);
  std::string reply = fmt::format("r={},s={},i={}", nonce_, base64(verifier_.salt), verifier_.iterations);
  header_ = first->header;
  exchange_ = fmt::format("{},{}", first->bare, reply);
  state_ = State::before_last;
  return reply;
}

std::expected<std::string, ScramFailure> ScramServer::last(std::string_view message) {
  if (std::exchange(state_, State::over) != State::before_last)
    return malformed("a last message came without a first one");
  if (auto complaint = complaint_about(message)) return malformed(std::move(*complaint));
  const auto last = read_client_last(message);
  if (!last) return std::unexpected(last.error());
  if (last->nonce != nonce_) return malformed("the last message has another nonce than the first");
  if (last->header != base64(header_)) return malformed("the last message has another channel binding than the first");
  exchange_ += fmt::format(",{}", last->without_proof);
  const Key client_key = last->proof ^ hmac_sha256(verifier_.stored_key.view(), exchange_);
  // The comparison comes first: it takes the same time for users who are not there.
  const bool right = sha256(client_key.view()) == verifier_.stored_key;
  if (!right || doomed_) return refused("the password is wrong");
  keys_ = ScramKeys{client_key, verifier_.server_key, verifier_.salt, verifier_.iterations};
  return "v=" + base64(hmac_sha256(verifier_.server_key.view(), exchange_).view());
}

ScramClient::ScramClient(std::optional<Secret> password, std::optional<ScramKeys> keys, std::string nonce)
    : password_(std::move(password)), keys_(std::move(keys)), nonce_(std::move(nonce)) {}

std::string ScramClient::first() {
  exchange_ = fmt::format("n=,r={}", nonce_);
  state_ = State::before_last;
  return "n,," + exchange_;
}

std::expected<void, ScramFailure> ScramClient::find_keys(std::string_view salt, std::uint32_t iterations) {
  if (keys_ && keys_->salt == salt && keys_->iterations == iterations) return {};
  keys_.reset();
  if (!password_) {
    return refused(
        "the server's SCRAM verifier is not the one that we have: the password was changed there, or the "
        "verifier was not copied from its pg_authid");
  }
  if (iterations > most_derived_iterations) {
    return refused(
        fmt::format("the server asks for {} iterations, and more than {} would hold up everybody else; a "
                    "SCRAM verifier instead of the password needs none",
                    iterations, most_derived_iterations));
  }
  keys_ = derive_scram_keys(password_->view(), salt, iterations);
  return {};
}

std::expected<std::string, ScramFailure> ScramClient::last(std::string_view message) {
  if (std::exchange(state_, State::over) != State::before_last)
    return malformed("the server continues what was not begun");
  if (auto complaint = complaint_about(message)) return malformed(std::move(*complaint));
  const auto first = read_server_first(message);
  if (!first) return std::unexpected(first.error());
  if (!first->nonce.starts_with(nonce_) || first->nonce.size() == nonce_.size()) {
    return malformed("the server's nonce does not begin with ours, or adds nothing to it");
  }
  if (auto found = find_keys(first->salt, first->iterations); !found) return std::unexpected(found.error());
  std::string reply = fmt::format("c=biws,r={}", first->nonce);  // base64 of "n,,"
  exchange_ += fmt::format(",{},{}", message, reply);
  const Key stored_key = sha256(keys_->client_key.view());
  const Key proof = keys_->client_key ^ hmac_sha256(stored_key.view(), exchange_);
  reply += ",p=" + base64(proof.view());
  state_ = State::before_end;
  return reply;
}

std::expected<void, ScramFailure> ScramClient::finish(std::string_view message) {
  if (std::exchange(state_, State::over) != State::before_end) return malformed("the server ends what was not begun");
  if (auto complaint = complaint_about(message)) return malformed(std::move(*complaint));
  ScramParts parts(message);
  if (const auto error = parts.take('e')) return refused(fmt::format("the server says: {}", *error));
  const auto text = parts.take('v');
  const auto signature = text ? decode_key(*text) : std::nullopt;
  if (!signature || !parts.skip_extensions(false)) {
    return malformed("the server's last message has no signature of 32 bytes in base64");
  }
  if (!(hmac_sha256(keys_->server_key.view(), exchange_) == *signature)) {
    return refused("the server did not prove that it knows the password: it may be somebody else");
  }
  return {};
}

}  // namespace lockkeeper::proxy
