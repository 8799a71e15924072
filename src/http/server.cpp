#include "http/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <functional>
#include <future>
#include <map>
#include <thread>
#include <utility>

#include "http/connections.hpp"
#include "http/listen.hpp"
#include "report/daemon_metrics.hpp"

namespace lockkeeper::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class Server::Body {
 public:
  Body(HttpSettings settings, Sources sources, AccessRules access)
      : settings_(std::move(settings)),
        board_(*sources.board),
        clock_(sources.clock),
        counts_(sources.counts),
        router_(std::move(access), settings_.actions, std::move(sources), [this] { return metrics(); }),
        worker_(settings_.limits.jobs),
        hub_(settings_.limits.streams, settings_.limits.stream_events),
        all_{.loop = loop_, .limits = settings_.limits, .router = router_, .worker = worker_, .hub = hub_},
        watch_(loop_) {}

  std::expected<void, std::string> listen(const std::vector<Listen>& listens) {
    for (const Listen& listen : listens) {
      error_code error;
      const tcp::endpoint endpoint(asio::ip::make_address(listen.address, error), listen.port);
      tcp::acceptor acceptor(loop_);
      if (!error) acceptor.open(endpoint.protocol(), error);
      if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
      if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
      if (!error) acceptor.bind(endpoint, error);
      if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
      const auto taken = error ? tcp::endpoint() : acceptor.local_endpoint(error);
      if (error)
        return std::unexpected("cannot listen on " + text_of(endpoint) + ": " + error.message() +
                               ". Is another program there? Name another port in listen of [http].");
      addresses_.push_back(text_of(taken));
      acceptors_.push_back(std::move(acceptor));
    }
    return {};
  }

  void run() {
    for (auto& acceptor : acceptors_) spawn(accept(acceptor));
    spawn(watch());
    thread_ = std::thread([this] { loop_.run(); });
  }

  void stop(std::chrono::steady_clock::time_point deadline) {
    if (!thread_.joinable()) return;
    router_.interrupt();
    auto closed = closed_.get_future();
    asio::post(loop_, [this] { begin_stop(); });
    closed.wait_until(deadline);
    worker_.stop();
    loop_.stop();
    thread_.join();
  }

  [[nodiscard]] const std::vector<std::string>& addresses() const noexcept { return addresses_; }

 private:
  static std::string text_of(const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
  }

  // What ends by an exception has lost its connection; the others go on.
  void spawn(asio::awaitable<void> task) {
    asio::co_spawn(loop_, std::move(task), [](const std::exception_ptr&) {});
  }

  asio::awaitable<void> accept(tcp::acceptor& acceptor) {
    while (acceptor.is_open()) {
      auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {
        // No file is left for another connection: the queue waits until one has ended.
        asio::steady_timer pause(loop_, accept_pause);
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      } else if (all_.open.size() >= settings_.limits.connections) {
        refuse(socket);
      } else {
        spawn(serve(all_, std::move(socket)));
      }
    }
  }

  static void refuse(tcp::socket& socket) {
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(full), ignored);
  }

  asio::awaitable<void> watch() {
    while (!all_.stopping) {
      hub_.watch(board_, [this](const diagnose::View& view) { take(view); });
      watch_.expires_after(settings_.limits.watch);
      co_await watch_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  void take(const diagnose::View& view) {
    if (view.observed.recording != nullptr) transactions_[view.name].take(*view.observed.recording);
  }

  std::string metrics() {
    const auto views = board_.views();
    std::vector<report::ServerMetrics> servers;
    for (const auto& view : views) {
      report::ServerMetrics server{.name = view->name, .diagnosis = view->diagnosis};
      server.recording = view->observed.recording.get();
      server.gaps = view->gaps;
      if (const auto found = transactions_.find(view->name); found != transactions_.end())
        server.transactions = &found->second;
      if (view->published_at != model::WallTime{}) server.age = clock_() - view->published_at;
      servers.push_back(server);
    }
    return report::daemon_metrics(servers, counts_ ? counts_() : report::DaemonCounts{});
  }

  void begin_stop() {
    all_.stopping = true;
    all_.all_closed = [this] {
      if (!std::exchange(told_closed_, true)) closed_.set_value();
    };
    watch_.cancel();
    for (auto& acceptor : acceptors_) {
      error_code ignored;
      acceptor.close(ignored);
    }
    for (const auto& end_waiting : all_.open) end_waiting();
    if (all_.open.empty()) all_.all_closed();
  }

  static constexpr std::chrono::milliseconds accept_pause{100};
  static constexpr std::string_view full =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 124\r\nConnection: "
      "close\r\n\r\n"
      R"({"error": {"code": "busy", "message": "too many connections", "advice": "Close some, or raise the limit; then ask again."}})"
      "\n";

  HttpSettings settings_;
  const diagnose::Board& board_;
  std::function<model::WallTime()> clock_;
  std::function<report::DaemonCounts()> counts_;
  std::map<std::string, report::TransactionCounts> transactions_;
  std::vector<std::string> addresses_;
  Router router_;
  Worker worker_;
  EventHub hub_;
  Connections all_;
  std::promise<void> closed_;
  bool told_closed_ = false;
  // Connections that are left are destroyed with the loop, and use what is above.
  asio::io_context loop_{1};
  std::vector<tcp::acceptor> acceptors_;
  asio::steady_timer watch_;
  std::thread thread_;
};

std::expected<std::unique_ptr<Server>, std::string> Server::start(HttpSettings settings, Sources sources) {
  const auto listens = listens_of(settings);
  if (!listens) return std::unexpected(listens.error());
  AccessRules access = access_of(settings, *listens);
  auto body = std::make_unique<Body>(std::move(settings), std::move(sources), std::move(access));
  if (auto listening = body->listen(*listens); !listening) return std::unexpected(listening.error());
  body->run();
  return std::unique_ptr<Server>(new Server(std::move(body)));
}

Server::Server(std::unique_ptr<Body> body) : body_(std::move(body)) {}

Server::~Server() { stop(std::chrono::steady_clock::now()); }

const std::vector<std::string>& Server::addresses() const noexcept { return body_->addresses(); }

// Nothing of it throws; that its future has no error cannot be seen from here.
void Server::stop(std::chrono::steady_clock::time_point deadline) noexcept {
  try {
    body_->stop(deadline);
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace lockkeeper::http
