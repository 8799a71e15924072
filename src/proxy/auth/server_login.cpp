#include "proxy/auth/server_login.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"
#include "proxy/auth/md5.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::proxy {
namespace {

namespace pg = wire::postgres;

constexpr std::string_view gss_remedy =
    "give the proxy's address a line with scram-sha-256 in the server's pg_hba.conf, before that one";

ServerLoginStep answer(std::string bytes) { return {ServerLoginStep::Verdict::more, std::move(bytes), {}}; }

std::string named(const std::vector<std::string_view>& mechanisms) {
  constexpr std::size_t most = 200;  // the server's own text, in our log
  return base::printable(fmt::format("{}", fmt::join(mechanisms, ", ")).substr(0, most));
}

}  // namespace

ServerLogin::ServerLogin(Credentials credentials, ServerLink link, std::string nonce)
    : credentials_(std::move(credentials)), link_(std::move(link)), nonce_(std::move(nonce)) {}

ServerLoginStep ServerLogin::authentication(pg::Bytes body) {
  const auto request = pg::decode_authentication(body);
  if (!request) return failed("sent an authentication request that is none");
  if (over_) return failed("goes on with a login that is over");
  switch (request->kind) {
    case pg::Authentication::ok: return ok();
    case pg::Authentication::sasl_continue: return sasl_continue(request->data);
    case pg::Authentication::sasl_final: return sasl_final(request->data);
    default: break;
  }
  if (std::exchange(answered_, true)) return failed("asks a second time, by another method");
  switch (request->kind) {
    case pg::Authentication::cleartext: return cleartext();
    case pg::Authentication::md5: return md5(request->data);
    case pg::Authentication::sasl: return sasl(request->data);
    case pg::Authentication::kerberos: return cannot("Kerberos 5", gss_remedy);
    case pg::Authentication::gss:
    case pg::Authentication::gss_continue: return cannot("GSSAPI (gss)", gss_remedy);
    case pg::Authentication::sspi: return cannot("SSPI (sspi)", gss_remedy);
    default: return cannot(fmt::format("method number {}", static_cast<std::uint32_t>(request->kind)), gss_remedy);
  }
}

ServerLoginStep ServerLogin::ok() {
  if (scram_ && !proved_) return failed("lets us in without having proved that it knows the password");
  over_ = true;
  return {ServerLoginStep::Verdict::accepted, {}, {}};
}

ServerLoginStep ServerLogin::cleartext() {
  if (!link_.encrypted && !link_.loopback) {
    return failed(
        "asks for the password itself over a connection that is not encrypted, which would show it to "
        "everybody on the way; use TLS ([proxy.server_tls] mode = \"require\"), or scram-sha-256 in its "
        "pg_hba.conf");
  }
  if (!credentials_.password) {
    return lacks("the password itself", what_we_have(),
                 "put the password into the user file or the database's section");
  }
  std::string bytes;
  pg::append_password(bytes, credentials_.password->view());
  return answer(std::move(bytes));
}

ServerLoginStep ServerLogin::md5(pg::Bytes salt) {
  if (salt.size() != 4) return failed("asks for md5 with a salt that is none");
  std::optional<std::string> hash;
  if (credentials_.md5_hash) {
    hash = std::string(credentials_.md5_hash->view());
  } else if (credentials_.password) {
    hash = md5_hash(credentials_.password->view(), credentials_.user);
  } else {
    return lacks(
        "md5", what_we_have(),
        "put the password or its md5 hash into the user file, or give the user a SCRAM password on the server");
  }
  const auto response = hash ? md5_response(*hash, salt) : std::nullopt;
  if (!response) return cannot("md5", "this machine's OpenSSL forbids it; use scram-sha-256 on the server");
  std::string bytes;
  pg::append_password(bytes, *response);
  return answer(std::move(bytes));
}

ServerLoginStep ServerLogin::sasl(pg::Bytes names) {
  const auto mechanisms = pg::sasl_mechanisms(names);
  if (std::ranges::find(mechanisms, scram_mechanism) == mechanisms.end()) {
    if (std::ranges::find(mechanisms, "SCRAM-SHA-256-PLUS") != mechanisms.end()) {
      return cannot("SCRAM-SHA-256-PLUS alone",
                    "channel binding cannot go through a proxy; let the server offer "
                    "SCRAM-SHA-256 too");
    }
    return cannot(fmt::format("SASL ({})", named(mechanisms)), gss_remedy);
  }
  if (!credentials_.password && !credentials_.keys) {
    return lacks("SCRAM-SHA-256", what_we_have(), "put the password or its SCRAM verifier into the user file");
  }
  scram_.emplace(credentials_.password, credentials_.keys, nonce_);
  std::string bytes;
  pg::append_sasl_initial(bytes, scram_mechanism, scram_->first());
  return answer(std::move(bytes));
}

ServerLoginStep ServerLogin::sasl_continue(pg::Bytes message) {
  if (!scram_) return failed("continues what was not begun");
  const auto reply = scram_->last(message);
  if (!reply) return failed(fmt::format("and we could not agree by SCRAM-SHA-256: {}", reply.error().reason));
  std::string bytes;
  pg::append_sasl_response(bytes, *reply);
  return answer(std::move(bytes));
}

ServerLoginStep ServerLogin::sasl_final(pg::Bytes message) {
  if (!scram_) return failed("ends what was not begun");
  const auto finished = scram_->finish(message);
  if (!finished) {
    return failed(fmt::format("and we could not agree by SCRAM-SHA-256: {}", base::printable(finished.error().reason)));
  }
  proved_ = true;
  return answer({});
}

std::optional<ScramKeys> ServerLogin::learned() const { return proved_ && scram_ ? scram_->keys() : std::nullopt; }

std::string_view ServerLogin::what_we_have() const noexcept {
  if (credentials_.password) return "its password";
  if (credentials_.md5_hash) return "its md5 hash";
  if (credentials_.keys) return "the keys of its SCRAM verifier";
  return "nothing";
}

ServerLoginStep ServerLogin::failed(std::string_view what) {
  over_ = true;
  return {ServerLoginStep::Verdict::failed, {}, fmt::format("the server {} {}", link_.address, what)};
}

ServerLoginStep ServerLogin::cannot(std::string_view method, std::string_view remedy) {
  return failed(fmt::format("asks user \"{}\" for {}, which the proxy cannot do: {}",
                            base::printable(credentials_.user), method, remedy));
}

ServerLoginStep ServerLogin::lacks(std::string_view method, std::string_view has, std::string_view remedy) {
  return failed(fmt::format("asks user \"{}\" for {}, and we have {}: {}", base::printable(credentials_.user), method,
                            has, remedy));
}

}  // namespace lockkeeper::proxy
