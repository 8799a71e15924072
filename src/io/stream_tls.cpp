// TLS between a stream's raw bytes and its owner.
#include "io/stream.hpp"
#include "io/tls_context.hpp"

namespace lockkeeper::io {

void Stream::start_tls(const TlsContext& context, const std::string& host) {
  if (state_.ended || state_.descriptor < 0 || state_.tls) return;
  state_.tls = TlsSession::start(static_cast<const OpenSslContext&>(context), host, state_.endpoints.remote);
  state_.tls->set_sink(*this);
  go_on_with_handshake();
  // What has come already may have ended it.
  if (state_.ended || tls_established()) signal();
}

bool Stream::tls_lives(TlsSession::Result result) {
  if (result == TlsSession::Result::closed || result == TlsSession::Result::failed) {
    end(state_.tls->ended());
    return false;
  }
  return true;
}

void Stream::go_on_with_handshake() {
  TlsSession& tls = *state_.tls;
  while (!state_.ended && tls_lives(tls.shake_hands()) && !tls.established()) {
    if (tls.transport_end()) return end(tls.ended_early());
    const Bytes raw = next_raw();
    if (raw.empty() && !tls.transport_end()) return;
    tls.take(raw);
  }
  // Only what stays beyond the handshake: the raw bytes belong to a buffer that others use too.
  tls.keep_rest();
  if (tls.established()) established_now();
}

void Stream::established_now() {
  if (tls_lives(state_.tls->write_waiting())) {
    // FIN may have waited for those bytes.
    if (state_.sending_ended) state_.tls->close_notify();
    flush_later();
  }
}

Bytes Stream::receive_plain() {
  TlsSession& tls = *state_.tls;
  if (!tls.established()) {
    go_on_with_handshake();
    if (!tls.established()) return {};
  }
  while (!state_.ended) {
    std::size_t count = 0;
    const auto plain = core_->plain_buffer();
    const auto result = tls.read(plain, count);
    if (result == TlsSession::Result::bytes) {
      tls.keep_rest();
      state_.received += count;
      return plain.first(count);
    }
    if (!tls_lives(result)) break;
    if (tls.transport_end()) {
      end(tls.ended_early());
      break;
    }
    const Bytes raw = next_raw();
    if (raw.empty() && !tls.transport_end()) break;
    tls.take(raw);
  }
  tls.keep_rest();
  return {};
}

}  // namespace lockkeeper::io
