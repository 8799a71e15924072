// The admin console: a database of its own, where clients ask the proxy itself.
#include <fmt/format.h>

#include <utility>

#include "base/version.hpp"
#include "proxy/bytes.hpp"
#include "proxy/console/login.hpp"
#include "proxy/console/tables.hpp"
#include "proxy/console/task.hpp"
#include "proxy/postgres/client.hpp"
#include "proxy/worker.hpp"
#include "wire/postgres/backend.hpp"

namespace lockkeeper::proxy {

namespace pg = wire::postgres;

namespace {

// Answers that a client has not taken: then nothing more is done for it.
constexpr std::size_t most_unsent = 256 * 1024;

}  // namespace

io::Task<bool> PostgresClient::enter_console() {
  ConsoleTask console(*this);
  co_await console.run();
  co_return false;  // There is nothing to relay.
}

ConsoleTask::ConsoleTask(PostgresClient& client) : client_(client), worker_(client.worker_) {}

io::Task<> ConsoleTask::run() {
  if (!co_await log_in()) co_return;
  client_.timer_.clear();
  client_.on_console_ = true;
  greet();
  while (co_await next_message()) {
    std::string out;
    const auto step = conversation_->message(type_, message_, out);
    if (step.run) {
      client_.cancelled_ = false;
      const console::Reply reply = co_await carry_out(*step.run);
      conversation_->finish(reply, out);
    }
    if (!out.empty()) send(*client_.socket_, out);
    if (step.ends) co_return;
    if (!step.refused.empty()) {
      static_cast<void>(client_.refuse("08P01", step.refused));
      co_return;
    }
  }
}

io::Task<bool> ConsoleTask::log_in() {
  const Config& config = client_.setup_->config;
  const std::string& user = client_.who_->user;
  const auto method = console::login_method(config, user, client_.socket_->endpoints().loopback);
  if (!method) co_return client_.refuse(method.error().sqlstate, method.error().message);
  RouteSettings route;
  route.auth = *method;
  client_.route_ = std::make_shared<const RouteSettings>(std::move(route));
  if (!co_await client_.authenticate()) co_return false;
  const console::Role role = console::role_of(config.proxy, user);
  if (role == console::Role::none)
    co_return client_.refuse("42501",
                             fmt::format("user \"{}\" is neither among admin_users nor among stats_users", user));
  conversation_.emplace(role);
  co_return true;
}

// What drivers look at before they send anything. The version begins with a number, since they read one.
void ConsoleTask::greet() {
  std::string bytes;
  pg::append_parameter_status(bytes, "server_version", fmt::format("{}/lockkeeper", version));
  for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{"server_encoding", "UTF8"},
                                    {"client_encoding", "UTF8"},
                                    {"DateStyle", "ISO"},
                                    {"TimeZone", "UTC"},
                                    {"integer_datetimes", "on"},
                                    {"standard_conforming_strings", "on"}})
    pg::append_parameter_status(bytes, name, value);
  pg::append_parameter_status(bytes, "application_name", client_.who_->application);
  const std::size_t secret_size = client_.minor_ >= 2 ? 32 : 4;  // Protocol 3.2 has room for a real one.
  if (const auto key = worker_.shared().cancels.make({worker_.number(), client_.id_}, secret_size)) {
    client_.cancel_pid_ = key->pid;
    pg::append_backend_key(bytes, key->pid, key->secret);
  }
  pg::append_ready(bytes, pg::TransactionStatus::idle);
  send(*client_.socket_, bytes);
}

bool ConsoleTask::ended() {
  if (client_.over_) {
    static_cast<void>(client_.refuse("57P01", "terminating connection due to administrator command"));
  } else if (client_.draining_ || worker_.shared().draining) {
    static_cast<void>(client_.refuse("57P01", "the proxy is shutting down"));
  }
  return client_.over_;
}

bool ConsoleTask::take_message() {
  const auto header = pg::read_header(client_.login_->received);
  if (!header || (*header && (*header)->body > console::Conversation::most_body)) {
    static_cast<void>(client_.refuse("08P01", "the console takes no message that long"));
    return false;
  }
  if (!*header || client_.login_->received.size() < (*header)->size()) return false;
  type_ = (*header)->type;
  message_.assign(client_.login_->received, pg::header_size, (*header)->body);
  client_.login_->received.erase(0, (*header)->size());
  return true;
}

io::Task<bool> ConsoleTask::next_message() {
  const auto limit = client_.setup_->config.proxy.client_idle_timeout;
  if (limit.count() > 0) client_.timer_.set(worker_.loop().now() + limit);
  for (;;) {
    if (ended()) co_return false;
    const bool may_go_on = client_.socket_->unsent() <= most_unsent;
    if (may_go_on) {
      if (take_message()) break;
      if (client_.over_) co_return false;
      const io::Bytes bytes = client_.socket_->receive();
      if (!bytes.empty()) {
        client_.login_->received.append(text_of(bytes));
        continue;
      }
    }
    if (client_.socket_->ended()) co_return false;
    if (limit.count() > 0 && client_.timer_.due(worker_.loop().now()))
      co_return client_.refuse("57P05", "terminating connection due to idle-session timeout");
    co_await client_.wakeup_;
  }
  client_.timer_.clear();
  co_return true;
}

}  // namespace lockkeeper::proxy
