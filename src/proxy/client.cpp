#include "proxy/client.hpp"

#include <utility>

#include "proxy/bytes.hpp"
#include "proxy/worker.hpp"
#include "wire/postgres/backend.hpp"

namespace lockkeeper::proxy {

Client::Client(Worker& worker, pool::ClientId id, std::unique_ptr<io::Socket> socket)
    : worker_(worker),
      id_(id),
      socket_(std::move(socket)),
      wakeup_(worker.loop()),
      timer_(worker.loop(), wakeup_),
      setup_(worker.shared().setup()) {
  socket_->wake(&wakeup_);
}

Client::~Client() {
  if (cancel_pid_ != 0) worker_.shared().cancels.remove(cancel_pid_);
  if (counted_) --worker_.shared().clients;
  ++worker_.shared().departed;
  if (waiting()) worker_.shared().pools.cancel_wait(waiter_, worker_.loop().now());
  if (give_) worker_.shared().pools.gone(give_->server, worker_.loop().now());
  if (server_ != nullptr) worker_.drop(*server_);
}

void Client::start() {
  task_ = run();
  task_.start();
}

io::Task<> Client::run() {
  const bool relays = co_await log_in();
  login_.reset();
  timer_.clear();
  if (relays) co_await relay();
  if (socket_) say_goodbye_to({});
  over_ = true;
  worker_.hand_out_facts();
  worker_.client_over(*this);
}

void Client::given(const pool::Give& give) {
  waiter_ = {};
  give_ = give;
  wakeup_.signal();
}

void Client::failed(const pool::Fail& fail) {
  waiter_ = {};
  fail_ = fail;
  wakeup_.signal();
}

std::optional<io::TimePoint> Client::waiting_since() const noexcept {
  if (!waiting()) return std::nullopt;
  return waiting_since_;
}

model::RecordedClient Client::recorded() const {
  model::RecordedClient client = session_->recorded(worker_.wall_now());
  client.unread_bytes = socket_ ? static_cast<std::int64_t>(socket_->unsent()) : 0;
  if (waiting()) {
    client.state = model::ClientState::waiting;
    client.state_since =
        worker_.wall_now() - std::chrono::duration_cast<model::Duration>(worker_.loop().now() - waiting_since_);
  }
  return client;
}

// Last words, and the end of the socket once they are sent.
void Client::say_goodbye_to(std::string_view bytes) {
  if (!socket_) return;
  constexpr auto patience = std::chrono::seconds(5);  // Of a client that does not read: then it is cut.
  if (!bytes.empty()) send(*socket_, bytes);
  socket_->wake(nullptr);
  worker_.loop().close_when_sent(std::move(socket_), worker_.loop().now() + patience);
}

}  // namespace lockkeeper::proxy
