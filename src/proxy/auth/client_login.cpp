#include "proxy/auth/client_login.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/assert.hpp"
#include "proxy/auth/md5.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::proxy {
namespace {

namespace pg = wire::postgres;

constexpr std::string_view not_there = "there is no such user in the user file";
constexpr std::string_view has_no_secret = "the user file has no password for this user";

// What a login to the server may use, where the user file alone says it.
Credentials credentials_of(const std::string& name, const User* user) {
  Credentials credentials{name, std::nullopt, std::nullopt, std::nullopt};
  if (user != nullptr && user->kind == SecretKind::password) credentials.password = user->secret;
  if (user != nullptr && user->kind == SecretKind::md5) credentials.md5_hash = user->secret;
  return credentials;
}

}  // namespace

ClientLogin::ClientLogin(LoginRequest request) : request_(std::move(request)) {
  LK_ASSERT(request_.users != nullptr);
  LK_ASSERT(request_.method != AuthMethod::automatic && request_.method != AuthMethod::pass_through);
  user_ = request_.users->find(request_.user);
}

LoginStep ClientLogin::start() {
  LK_ASSERT(awaits_ == Awaits::start);
  std::string bytes;
  switch (request_.method) {
    case AuthMethod::trust: return accept(credentials_of(request_.user, user_));
    case AuthMethod::plain:
      pg::append_authentication(bytes, pg::Authentication::cleartext, {});
      return ask(Awaits::password, std::move(bytes));
    case AuthMethod::md5: {
      // Who is not there is asked as most of the others are.
      const bool by_scram = user_ != nullptr ? user_->kind == SecretKind::scram : request_.users->mostly_verifiers();
      if (by_scram) return start_sasl();
      pg::append_authentication(bytes, pg::Authentication::md5,
                                {request_.random.md5_salt.data(), request_.random.md5_salt.size()});
      return ask(Awaits::md5, std::move(bytes));
    }
    default: return start_sasl();
  }
}

LoginStep ClientLogin::ask(Awaits awaits, std::string bytes) {
  awaits_ = awaits;
  return {LoginStep::Verdict::more, std::move(bytes), std::nullopt, std::nullopt};
}

LoginStep ClientLogin::start_sasl() {
  const bool can = user_ != nullptr && (user_->kind == SecretKind::scram || user_->kind == SecretKind::password);
  scram_.emplace(can ? request_.users->verifier_of(*user_) : request_.users->made_up_verifier(request_.user),
                 request_.random.nonce, !can);
  std::string bytes;
  pg::append_sasl_request(bytes, std::array{scram_mechanism});
  return ask(Awaits::sasl_first, std::move(bytes));
}

LoginStep ClientLogin::message(char type, pg::Bytes body) {
  if (type != pg::frontend::password) {
    return violation(fmt::format("expected password response, got message type {}",
                                 static_cast<unsigned>(static_cast<unsigned char>(type))),
                     "the client sent something else than an answer");
  }
  if (body.size() > most_login_body) {
    return violation("invalid password packet size", "the client's answer is longer than any that could be right");
  }
  switch (awaits_) {
    case Awaits::password: return check_password(body);
    case Awaits::md5: return check_md5(body);
    case Awaits::sasl_first: return sasl_first(body);
    case Awaits::sasl_last: return sasl_last(body);
    default: return violation("unexpected password response", "the client answers what it was not asked");
  }
}

// The work is that of the user's own secret, or of the file's usual one for those who are not there.
bool ClientLogin::is_password(std::string_view password, std::string& reason) const {
  reason = "the password is wrong";
  if (user_ == nullptr) {
    reason = not_there;
    if (!request_.users->mostly_verifiers()) return false;
    const ScramVerifier verifier = request_.users->made_up_verifier(request_.user);
    if (verifier.iterations <= most_derived_iterations) static_cast<void>(matches(verifier, password));
    return false;
  }
  switch (user_->kind) {
    case SecretKind::password: return user_->secret == Secret(password);
    case SecretKind::md5: {
      const auto hash = md5_hash(password, request_.user);
      return hash && Secret(*hash) == user_->secret;
    }
    case SecretKind::scram:
      if (user_->verifier->iterations <= most_derived_iterations) return matches(*user_->verifier, password);
      reason = fmt::format("the user's SCRAM verifier has more than {} iterations: only clients by SCRAM can log in",
                           most_derived_iterations);
      return false;
    case SecretKind::none: break;
  }
  reason = has_no_secret;
  return false;
}

LoginStep ClientLogin::check_password(pg::Bytes body) {
  const auto password = pg::decode_password(body);
  if (!password) return violation("invalid password packet size", "the client's password has no end");
  if (password->empty()) {
    return refuse({"28P01", "empty password returned by client", "the client sent an empty password"}, {});
  }
  if (password->size() > most_password) return wrong_password("the password is longer than any");
  std::string reason;
  if (!is_password(*password, reason)) return wrong_password(std::move(reason));
  return accept({request_.user, Secret(*password), std::nullopt, std::nullopt});
}

LoginStep ClientLogin::check_md5(pg::Bytes body) {
  const auto answer = pg::decode_password(body);
  if (!answer) return violation("invalid password packet size", "the client's answer has no end");
  if (answer->empty()) {
    return refuse({"28P01", "empty password returned by client", "the client sent an empty password"}, {});
  }
  // Somebody's hash in any case: the same work for those who are not there.
  const bool has_hash = user_ != nullptr && user_->kind == SecretKind::md5;
  const bool has_password = user_ != nullptr && user_->kind == SecretKind::password;
  const auto hash = has_hash ? std::optional(std::string(user_->secret.view()))
                             : md5_hash(has_password ? user_->secret.view() : std::string_view(), request_.user);
  const auto expected =
      hash ? md5_response(*hash, {request_.random.md5_salt.data(), request_.random.md5_salt.size()}) : std::nullopt;
  if (!expected) return wrong_password("this machine's OpenSSL forbids MD5; use auth = \"scram-sha-256\"");
  const bool right = Secret(*expected) == Secret(*answer);
  if (user_ == nullptr) return wrong_password(std::string(not_there));
  if (!has_hash && !has_password) return wrong_password(std::string(has_no_secret));
  if (!right) return wrong_password("the password is wrong");
  return accept(credentials_of(request_.user, user_));
}

LoginStep ClientLogin::sasl_first(pg::Bytes body) {
  const auto initial = pg::decode_sasl_initial(body);
  if (!initial) return violation("malformed SASL message", "the client's first SASL message is none");
  if (initial->mechanism != scram_mechanism) {
    return violation("client selected an invalid SASL authentication mechanism",
                     "the client chose a mechanism that was not offered");
  }
  const auto reply = scram_->first(initial->data);
  if (!reply) return refuse_scram(reply.error());
  std::string bytes;
  pg::append_authentication(bytes, pg::Authentication::sasl_continue, *reply);
  return ask(Awaits::sasl_last, std::move(bytes));
}

LoginStep ClientLogin::sasl_last(pg::Bytes body) {
  const auto reply = scram_->last(body);
  if (!reply) return refuse_scram(reply.error());
  Credentials credentials = credentials_of(request_.user, user_);
  // A verifier made here from a password is no server's: its keys open nothing.
  if (user_->kind == SecretKind::scram) credentials.keys = scram_->keys();
  std::string bytes;
  pg::append_authentication(bytes, pg::Authentication::sasl_final, *reply);
  return accept(std::move(credentials), std::move(bytes));
}

LoginStep ClientLogin::accept(Credentials credentials, std::string bytes) {
  awaits_ = Awaits::nothing;
  pg::append_authentication(bytes, pg::Authentication::ok, {});
  return {LoginStep::Verdict::accepted, std::move(bytes), std::move(credentials), std::nullopt};
}

LoginStep ClientLogin::wrong_password(std::string reason) {
  return refuse(
      {"28P01", fmt::format("password authentication failed for user \"{}\"", request_.user), std::move(reason)}, {});
}

LoginStep ClientLogin::violation(std::string message, std::string reason) {
  return refuse({"08P01", std::move(message), std::move(reason)}, {});
}

LoginStep ClientLogin::refuse_scram(const ScramFailure& failure) {
  if (failure.kind == ScramFailure::Kind::malformed) {
    return refuse({"08P01", "malformed SCRAM message", failure.reason}, failure.reason);
  }
  std::string reason = failure.reason;
  if (user_ == nullptr) {
    reason = not_there;
  } else if (user_->kind == SecretKind::none) {
    reason = has_no_secret;
  } else if (user_->kind == SecretKind::md5) {
    reason = "the user file has an md5 hash for this user, with which nobody can log in by SCRAM";
  }
  return wrong_password(std::move(reason));
}

LoginStep ClientLogin::refuse(Refusal refusal, std::string_view detail) {
  awaits_ = Awaits::nothing;
  LoginStep step{LoginStep::Verdict::refused, {}, std::nullopt, std::nullopt};
  pg::append_error(
      step.bytes,
      {.severity = "FATAL", .sqlstate = refusal.sqlstate, .message = refusal.message, .detail = detail, .hint = {}});
  step.refusal = std::move(refusal);
  return step;
}

}  // namespace lockkeeper::proxy
