#include "proxy/postgres/server_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/auth/crypto.hpp"
#include "proxy/bytes.hpp"
#include "proxy/wall_clock.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::proxy {
namespace {

namespace pg = wire::postgres;

// A greeting of a server: larger messages than any it sends before ReadyForQuery.
constexpr std::uint32_t most_greeting = 64 * 1024;

Refused refused(std::string sqlstate, std::string message) { return {std::move(sqlstate), std::move(message)}; }

}  // namespace

std::string as_the_server_sees(const io::Endpoints& endpoints) {
  if (endpoints.local.starts_with("unix:") || endpoints.remote.starts_with("unix:")) return "local socket";
  std::string text = endpoints.local;
  std::erase_if(text, [](char each) { return each == '[' || each == ']'; });
  return text;
}

// What is not encrypted must not be taken for the first of what is: whoever can write in between would speak as the
// server.
std::string why_no_tls(std::string_view answer, const io::Address& server) {
  if (answer.size() > 1 && (answer.front() == 'S' || answer.front() == 'N'))
    return fmt::format(
        "the server at {} sent bytes that are not encrypted behind its answer to the request for TLS: "
        "see who is between here and there",
        io::to_string(server));
  return fmt::format(
      "the server at {} does not offer TLS, which server_tls.mode asks for: set ssl = on there, or "
      "another mode here",
      io::to_string(server));
}

io::Task<std::expected<ServerLoginTask::Ready, Refused>> ServerLoginTask::run() {
  deadline_ = loop_.now() + target_.timeout;
  timer_.set(deadline_);
  facts_ = std::make_unique<ServerFacts>(target_.most_prepared);
  facts_->address = target_.address;
  if (Failed failed = co_await connect()) co_return std::unexpected(*std::move(failed));
  if (Failed failed = co_await negotiate_tls()) co_return std::unexpected(*std::move(failed));
  if (Failed failed = co_await log_in()) co_return std::unexpected(*std::move(failed));
  timer_.clear();
  socket_->wake(nullptr);
  co_return Ready{std::move(socket_), std::move(facts_)};
}

io::Task<ServerLoginTask::Failed> ServerLoginTask::connect() {
  const auto connecting = loop_.connect(target_.address, deadline_, wakeup_);
  for (;;) {
    if (auto result = connecting->result()) {
      if (!*result) co_return lost(result->error());
      socket_ = std::move(**result);
      socket_->wake(&wakeup_);
      facts_->local_endpoint = as_the_server_sees(socket_->endpoints());
      co_return std::nullopt;
    }
    if (timer_.due(loop_.now())) co_return late();
    co_await wakeup_;
  }
}

io::Task<ServerLoginTask::Failed> ServerLoginTask::negotiate_tls() {
  if (target_.tls_mode == ServerTlsMode::disable || !target_.address.path.empty()) co_return std::nullopt;
  std::string request;
  pg::append_ssl_request(request);
  send(*socket_, request);
  while (received_.empty()) {
    if (Failed failed = co_await more()) co_return failed;
  }
  const std::string answer = std::exchange(received_, {});
  if (answer == "N" && target_.tls_mode == ServerTlsMode::prefer) co_return std::nullopt;
  if (answer != "S") co_return refused("08006", why_no_tls(answer, target_.address));
  socket_->start_tls(*target_.tls, target_.address.host);
  while (!socket_->tls_established()) {
    if (const auto& ended = socket_->ended()) co_return lost(*ended);
    if (timer_.due(loop_.now())) co_return late();
    co_await wakeup_;
  }
  facts_->tls = true;
  co_return std::nullopt;
}

io::Task<ServerLoginTask::Failed> ServerLoginTask::log_in() {
  std::string out;
  pg::append_startup(out, 3, 0, target_.startup);
  send(*socket_, out);
  auto random = draw_login_random();
  if (!random) co_return refused("58000", "this system gives no random numbers, without which nobody can log in");
  const ServerLink link{io::to_string(target_.address), facts_->tls, socket_->endpoints().loopback};
  ServerLogin login(target_.credentials, link, std::move(random->nonce));
  for (;;) {
    if (Failed failed = co_await next_message()) co_return failed;
    if (type_ == pg::backend::authentication) {
      const ServerLoginStep step = login.authentication(body_);
      if (!step.bytes.empty()) send(*socket_, step.bytes);
      if (step.verdict == ServerLoginStep::Verdict::failed) co_return refused("08004", step.reason);
      if (step.verdict == ServerLoginStep::Verdict::accepted) learned_ = login.learned();
    } else if (type_ == pg::backend::ready_for_query) {
      facts_->session.started_at = wall_now();
      facts_->state.fresh.user = target_.credentials.user;
      facts_->state.parameters.share();
      co_return std::nullopt;
    } else if (Failed failed = take_greeting(type_)) {
      co_return failed;
    }
  }
}

ServerLoginTask::Failed ServerLoginTask::take_greeting(char type) {
  if (type == pg::backend::error) {
    const auto error = pg::decode_notice(body_);
    if (!error) return refused("08P01", "the server refused with words that are no error message");
    return refused(std::string(error->sqlstate), std::string(error->message));
  }
  if (type == pg::backend::parameter_status) {
    if (const auto status = pg::decode_parameter_status(body_)) {
      facts_->state.parameters.set(status->name, status->value);
    }
    return std::nullopt;
  }
  if (type == pg::backend::backend_key_data) {
    if (const auto key = pg::decode_backend_key(body_)) {
      facts_->session.pid = key->pid;
      facts_->secret = key->secret;
    }
    return std::nullopt;
  }
  if (type == pg::backend::notice || type == pg::backend::negotiate_version) return std::nullopt;
  return refused("08P01",
                 fmt::format("the server at {} does not speak PostgreSQL's protocol", io::to_string(target_.address)));
}

io::Task<ServerLoginTask::Failed> ServerLoginTask::next_message() {
  for (;;) {
    const auto header = pg::read_header(received_);
    if (!header || (*header && (*header)->body > most_greeting)) {
      co_return refused("08P01",
                        fmt::format("what answers at {} is no PostgreSQL server", io::to_string(target_.address)));
    }
    if (*header && received_.size() >= (*header)->size()) {
      type_ = (*header)->type;
      body_ = received_.substr(pg::header_size, (*header)->body);
      received_.erase(0, (*header)->size());
      co_return std::nullopt;
    }
    if (Failed failed = co_await more()) co_return failed;
  }
}

io::Task<ServerLoginTask::Failed> ServerLoginTask::more() {
  for (;;) {
    const io::Bytes bytes = socket_->receive();
    if (!bytes.empty()) {
      received_.append(text_of(bytes));
      co_return std::nullopt;
    }
    if (const auto& ended = socket_->ended()) co_return lost(*ended);
    if (timer_.due(loop_.now())) co_return late();
    co_await wakeup_;
  }
}

Refused ServerLoginTask::lost(const io::IoError& error) const {
  return refused("08006",
                 fmt::format("no connection to the server at {}: {}", io::to_string(target_.address), error.message));
}

Refused ServerLoginTask::late() const {
  return refused("08006", fmt::format("the server at {} did not let us in within {} ms (connect_timeout)",
                                      io::to_string(target_.address), target_.timeout.count()));
}

}  // namespace lockkeeper::proxy
