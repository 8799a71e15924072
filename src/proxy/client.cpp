#include "proxy/client.hpp"

#include <algorithm>
#include <utility>

#include "proxy/bytes.hpp"
#include "proxy/worker.hpp"

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
  if (counted_) --worker_.shared().clients;
  ++worker_.shared().departed;
  if (waiting()) worker_.shared().pools.cancel_wait(waiter_, worker_.loop().now());
  if (give_) worker_.shared().pools.gone(give_->server, worker_.loop().now());
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

void Client::drain() {
  draining_ = true;
  wakeup_.signal();
}

std::optional<io::TimePoint> Client::waiting_since() const noexcept {
  if (!waiting()) return std::nullopt;
  return waiting_since_;
}

io::Task<std::expected<std::unique_ptr<io::Socket>, io::IoError>> Client::connect_to(io::Address address,
                                                                                     io::TimePoint deadline) {
  const auto connecting = worker_.loop().connect(address, deadline, wakeup_);
  for (;;) {
    if (auto result = connecting->result()) {
      if (!*result) co_return std::unexpected(result->error());
      (**result)->wake(&wakeup_);
      co_return std::move(**result);
    }
    if (socket_->ended() || over_) co_return nullptr;
    co_await wakeup_;
  }
}

void Client::wake_at(io::TimePoint when) {
  if (when == timer_.when()) return;
  if (when == io::TimePoint::max()) {
    timer_.clear();
  } else {
    timer_.set(when);
  }
}

void Client::count_answer(io::TimePoint asked, io::TimePoint transaction_since, bool transaction_over) {
  Statistics& statistics = worker_.statistics(pool_);
  const io::TimePoint now = worker_.loop().now();
  const auto since = [&](io::TimePoint then) {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - then).count());
  };
  ++statistics.queries;
  statistics.query_us += since(asked);
  if (!transaction_over) return;
  ++statistics.transactions;
  statistics.transaction_us += since(std::min(transaction_since, asked));
}

void Client::finish() {
  if (socket_) say_goodbye_to({});
  over_ = true;
  worker_.hand_out_facts();
  worker_.client_over(*this);
}

void Client::say_goodbye_to(std::string_view bytes) {
  if (!socket_) return;
  constexpr auto patience = std::chrono::seconds(5);  // Of a client that does not read: then it is cut.
  if (!bytes.empty()) send(*socket_, bytes);
  socket_->wake(nullptr);
  worker_.loop().close_when_sent(std::move(socket_), worker_.loop().now() + patience);
}

}  // namespace lockkeeper::proxy
