#include "io/tls_session.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/assert.hpp"
#include "io/tls_context.hpp"

namespace lockkeeper::io {

// OpenSSL's side of it: a BIO that reads what was taken and writes to the sink, so that an idle session has no buffers.
struct TlsSession::Methods {
  static int read(BIO* bio, char* into, int room) {
    auto& session = *static_cast<TlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (session.input_.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t count = std::min(session.input_.size(), static_cast<std::size_t>(room));
    std::memcpy(into, session.input_.data(), count);
    session.input_ = session.input_.subspan(count);
    return static_cast<int>(count);
  }

  static int write(BIO* bio, const char* from, int count) {
    auto& session = *static_cast<TlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    session.sink_->encrypted(std::as_bytes(std::span(from, static_cast<std::size_t>(count))));
    return count;
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO_METHOD* get() {
    static BIO_METHOD* const methods = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lockkeeper stream");
      LK_ASSERT(made != nullptr);
      BIO_meth_set_read(made, read);
      BIO_meth_set_write(made, write);
      BIO_meth_set_ctrl(made, control);
      BIO_meth_set_create(made, create);
      return made;
    }();
    return methods;
  }
};

TlsSession::TlsSession(const OpenSslContext& context, std::string where)
    : ssl_(SSL_new(context.native())), where_(std::move(where)) {
  BIO* bio = BIO_new(Methods::get());
  if (ssl_ == nullptr || bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_, bio, bio);
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

std::unique_ptr<TlsSession> TlsSession::start(const OpenSslContext& context, const std::string& host,
                                              std::string where) {
  std::unique_ptr<TlsSession> session(new TlsSession(context, std::move(where)));
  if (context.server()) {
    SSL_set_accept_state(session->ssl_);
  } else {
    SSL_set_connect_state(session->ssl_);
    session->name_host(context, host);
  }
  return session;
}

void TlsSession::name_host(const OpenSslContext& context, const std::string& host) {
  ASN1_OCTET_STRING* address = host.empty() ? nullptr : a2i_IPADDRESS(host.c_str());
  const bool numeric = address != nullptr;
  ASN1_OCTET_STRING_free(address);
  // SNI takes names only.
  if (!numeric && !host.empty()) {
    SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
  }
  if (!context.verify_host()) return;
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl_);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = numeric ? X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str())
                          : X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
  // A connection without a name (a Unix socket) cannot be verified: nothing is accepted rather than everything.
  if (set != 1 || host.empty()) X509_VERIFY_PARAM_set1_host(wanted, "host.invalid", 0);
}

void TlsSession::keep_rest() {
  if (input_.empty()) {
    if (kept_.capacity() > 0) std::vector<std::byte>().swap(kept_);
  } else if (kept_.empty()) {
    kept_.assign(input_.begin(), input_.end());
    input_ = kept_;
  }
}

TlsSession::Result TlsSession::shake_hands() {
  if (failed_) return Result::failed;
  if (established_) return Result::more;
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_);
  if (returned != 1) return judge(returned);
  established_ = true;
  return Result::more;
}

TlsSession::Result TlsSession::read(std::span<std::byte> into, std::size_t& count) {
  if (failed_) return Result::failed;
  ERR_clear_error();
  const int returned = SSL_read_ex(ssl_, into.data(), into.size(), &count);
  return returned == 1 ? Result::bytes : judge(returned);
}

TlsSession::Result TlsSession::write(Bytes plain) {
  if (failed_) return Result::failed;
  if (!established_) {
    waiting_.insert(waiting_.end(), plain.begin(), plain.end());
    return Result::more;
  }
  while (!plain.empty()) {
    std::size_t written = 0;
    ERR_clear_error();
    const int returned = SSL_write_ex(ssl_, plain.data(), plain.size(), &written);
    if (returned != 1) return judge(returned);
    plain = plain.subspan(written);
  }
  return Result::more;
}

TlsSession::Result TlsSession::write_waiting() {
  const auto waited = std::exchange(waiting_, {});
  return write(waited);
}

void TlsSession::close_notify() {
  if (failed_ || !established_ || !waiting_.empty() || close_notify_sent_) return;
  close_notify_sent_ = true;
  ERR_clear_error();
  SSL_shutdown(ssl_);
}

TlsSession::Result TlsSession::judge(int returned) {
  switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return Result::more;
    case SSL_ERROR_ZERO_RETURN:
      ended_ = IoError{Reason::closed, "the peer has ended the connection (" + where_ + ")"};
      return Result::closed;
    default:
      failed_ = true;
      ended_ = IoError{Reason::tls, explain()};
      return Result::failed;
  }
}

std::string TlsSession::explain() const {
  std::string words = established_ ? "TLS failed: " : "TLS handshake failed: ";
  words += openssl_words();
  const long verified = SSL_get_verify_result(ssl_);
  if (verified != X509_V_OK) words.append(": ").append(X509_verify_cert_error_string(verified));
  return words + " (" + where_ + ")";
}

IoError TlsSession::ended_early() const {
  const IoError& end = *transport_end_;
  if (!established_) return {Reason::tls, "connection lost during the TLS handshake: " + end.message};
  if (end.reason != Reason::closed) return end;
  return {Reason::closed, "the peer has ended the connection without TLS's close_notify (" + where_ + ")"};
}

}  // namespace lockkeeper::io
