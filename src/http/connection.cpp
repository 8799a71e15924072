// One connection: requests read within their limits, answers written within theirs, event streams. All of Beast is
// here.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "http/connections.hpp"

namespace lockkeeper::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

using boost::system::error_code;
using Parser = wire::request_parser<wire::string_body>;

/// Errors come back as values.
constexpr auto as_value = asio::as_tuple(asio::use_awaitable);

std::string text_of(beast::string_view view) { return {view.data(), view.size()}; }

Method method_of(wire::verb verb) {
  switch (verb) {
    case wire::verb::get: return Method::get;
    case wire::verb::head: return Method::head;
    case wire::verb::post: return Method::post;
    default: return Method::other;
  }
}

std::string address_of(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

Response unreadable(std::string message) {
  return error_response(400, "bad_request", std::move(message), "Send a request of HTTP/1.1.");
}

/// What is wrong with its head before anybody is asked for an answer.
std::optional<Response> refuse(const wire::request<wire::string_body>& message) {
  const auto hosts = message.count(wire::field::host);
  if (hosts > 1 || (hosts == 0 && message.version() >= 11)) return unreadable("there is not exactly one Host header");
  if (message.count(wire::field::origin) > 1 || message.count(wire::field::authorization) > 1)
    return unreadable("a header that may come once comes twice");
  return std::nullopt;
}

std::expected<Request, Response> request_of(wire::request<wire::string_body>&& message, const std::string& client) {
  if (auto refused = refuse(message)) return std::unexpected(*std::move(refused));
  auto target = parse_target({message.target().data(), message.target().size()});
  if (!target) return std::unexpected(unreadable("its target cannot be read: " + target.error()));
  Request request;
  request.method = method_of(message.method());
  request.target = *std::move(target);
  if (message.count(wire::field::host) > 0) request.host = text_of(message[wire::field::host]);
  if (message.count(wire::field::origin) > 0) request.origin = text_of(message[wire::field::origin]);
  request.authorization = text_of(message[wire::field::authorization]);
  request.cookie = text_of(message[wire::field::cookie]);
  request.content_type = text_of(message[wire::field::content_type]);
  request.csrf = text_of(message["X-Lockkeeper-CSRF"]);
  request.if_none_match = text_of(message[wire::field::if_none_match]);
  request.body = std::move(message.body());
  request.client = client;
  return request;
}

/// What is answered to bytes that are no request, and to one that is too large; nullopt: nothing, it has ended.
std::optional<Response> answer_to(error_code error) {
  if (error == wire::error::body_limit)
    return error_response(413, "too_large", "the body is too long",
                          "The longest that is asked for has some hundred bytes.");
  if (error == wire::error::header_limit || error == wire::error::buffer_overflow)
    return error_response(431, "too_large", "the header is too long", "Send fewer or shorter header fields.");
  if (error == wire::error::end_of_stream || error == wire::error::partial_message) return std::nullopt;
  if (error.category() == make_error_code(wire::error::bad_method).category())
    return unreadable("this is no request of HTTP/1.1: " + error.message());
  return std::nullopt;
}

/// What a job has answered, and the timer whose end tells of it.
struct Pending {
  explicit Pending(asio::io_context& loop) : ready(loop) {}
  std::optional<Response> answer;
  asio::steady_timer ready;
};

Response run(const Work& work) {
  try {
    return work.run();
  } catch (const std::exception& fault) {
    return error_response(500, "internal", std::string("this failed: ") + fault.what(),
                          "The daemon's log may say more.");
  }
}

asio::awaitable<Response> wait_for(Connections& all, Work work) {
  const auto pending = std::make_shared<Pending>(all.loop);
  pending->ready.expires_after(all.limits.job);
  const bool taken = all.worker.submit([pending, work = std::move(work), &loop = all.loop] {
    asio::post(loop, [pending, answer = run(work)]() mutable {
      pending->answer = std::move(answer);
      pending->ready.cancel();
    });
  });
  if (!taken) co_return error_response(503, "busy", "too many questions wait already", "Ask again in a while.");
  co_await pending->ready.async_wait(as_value);
  if (pending->answer) co_return *std::move(pending->answer);
  co_return error_response(503, "busy", "there was no answer in time", "It goes on; the audit tells what was done.");
}

class Connection {
 public:
  Connection(Connections& all, asio::ip::tcp::socket socket)
      : all_(all),
        stream_(std::move(socket)),
        buffer_(all.limits.header + all.limits.body),
        timer_(all.loop),
        place_(all) {
    error_code error;
    client_ = address_of(stream_.socket().remote_endpoint(error));
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), error);
    place_.on_stop([this] { end_waiting(); });
  }

  asio::awaitable<void> serve() {
    // Each co_await is a statement of its own: within a condition, g++ 12 does not always get it right.
    while (!all_.stopping) {
      const bool begun = co_await another();
      if (!begun) co_return;
      Parser parser;
      parser.header_limit(static_cast<std::uint32_t>(all_.limits.header));
      parser.body_limit(all_.limits.body);
      const error_code error = co_await read(parser);
      if (error) {
        if (const auto answer = answer_to(error)) {
          const Request nothing;
          co_await write(nothing, *answer, 11, false);
          co_await linger();
        }
        co_return;
      }
      const bool goes_on = co_await reply(parser.release());
      if (!goes_on) co_return;
    }
  }

 private:
  // Whether the next request begins: what came with the one before counts.
  asio::awaitable<bool> another() {
    if (buffer_.size() > 0) co_return true;
    waiting_ = true;
    stream_.expires_after(all_.limits.idle);
    const auto [error, size] = co_await stream_.async_read_some(buffer_.prepare(first_read), as_value);
    waiting_ = false;
    if (!error) buffer_.commit(size);
    co_return !error;
  }

  // Beast reads and writes texts alone: its own operations on streams take as long to compile as all else here.
  asio::awaitable<error_code> read(Parser& parser) {
    parser.eager(true);
    stream_.expires_after(all_.limits.request);
    for (;;) {
      error_code error;
      buffer_.consume(parser.put(buffer_.data(), error));
      if (parser.is_done()) co_return error_code();
      if (error && error != wire::error::need_more) co_return error;
      const std::size_t room = buffer_.max_size() - buffer_.size();
      if (room == 0) co_return make_error_code(wire::error::buffer_overflow);
      const auto [failed, size] =
          co_await stream_.async_read_some(buffer_.prepare(std::min(room, first_read)), as_value);
      if (failed) co_return failed;
      buffer_.commit(size);
    }
  }

  // Whether the connection goes on.
  asio::awaitable<bool> reply(wire::request<wire::string_body> message) {
    const bool keep = message.keep_alive() && !all_.stopping;
    const unsigned version = message.version();
    const auto request = request_of(std::move(message), client_);
    if (!request) {
      const Request nothing;
      co_return co_await write(nothing, request.error(), version, keep);
    }
    Reply reply = all_.router.answer(*request);
    if (std::holds_alternative<EventStream>(reply)) {
      const auto reader = all_.hub.join();
      if (reader != nullptr) {
        co_await tell(*request, *reader);
        co_return false;
      }
      reply = error_response(503, "busy", "too many read the event stream already",
                             "Close a page, or ask again in a while.");
    }
    if (auto* work = std::get_if<Work>(&reply)) {
      stream_.expires_never();
      Response answer = co_await wait_for(all_, std::move(*work));
      reply = std::move(answer);
    }
    co_return co_await write(*request, std::get<Response>(reply), version, keep);
  }

  asio::awaitable<bool> write(const Request& request, const Response& response, unsigned version, bool keep) {
    wire::response<wire::empty_body> message(wire::int_to_status(response.status), version);
    std::string_view body = response.body();
    for (const auto& [name, value] : security_headers(request)) message.set(name, value);
    for (const auto& [name, value] : response.headers) message.set(name, value);
    if (!response.content_type.empty()) message.set(wire::field::content_type, response.content_type);
    message.keep_alive(keep);
    const bool has_body = response.status != 204 && response.status != 304;
    if (has_body) message.content_length(body.size());
    if (!has_body || request.method == Method::head) body = {};
    std::ostringstream head;
    head << message.base();
    const bool sent = co_await send(std::move(head).str(), body);
    co_return keep ? sent : false;
  }

  // Who is still sending would be told of nothing but a reset: so what comes is read for a while, and forgotten.
  asio::awaitable<void> linger() {
    error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(linger_time);
    buffer_.clear();
    for (std::size_t left = most_lingering; left > 0;) {
      const auto [error, size] =
          co_await stream_.async_read_some(buffer_.prepare(std::min(left, first_read)), as_value);
      if (error) co_return;
      left -= std::min(left, size);
    }
  }

  asio::awaitable<bool> send(std::string text, std::string_view body = {}) {
    stream_.expires_after(all_.limits.write);
    const std::array<asio::const_buffer, 2> both{asio::buffer(text), asio::buffer(body)};
    const auto [error, size] = co_await asio::async_write(stream_, both, as_value);
    co_return !error;
  }

  asio::awaitable<void> tell(const Request& request, EventReader& reader) {
    std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n";
    for (const auto& [name, value] : security_headers(request))
      head.append(name).append(": ").append(value).append("\r\n");
    reader.wake = [this] { timer_.cancel(); };
    waiting_ = true;
    head += "\r\nretry: 2000\n\n";
    bool open = co_await send(std::move(head));
    while (open && !all_.stopping && !reader.queue.cut()) {
      if (reader.queue.empty()) {
        timer_.expires_after(all_.limits.heartbeat);
        co_await timer_.async_wait(as_value);
        if (all_.stopping || reader.queue.cut()) break;
      }
      // g++ 12 destroys the wrong one of two temporaries that a co_await chooses from: so it is a variable.
      std::string text = ": still here\n\n";
      if (!reader.queue.empty()) text = reader.queue.take();
      open = co_await send(std::move(text));
    }
    reader.wake = [] {};
  }

  void end_waiting() {
    timer_.cancel();
    if (waiting_) stream_.cancel();
  }

  static constexpr std::size_t first_read = 4096;
  static constexpr std::chrono::seconds linger_time{2};
  static constexpr std::size_t most_lingering = std::size_t{1} << 20U;

  Connections& all_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  asio::steady_timer timer_;
  std::string client_;
  bool waiting_ = false;  // for another request, or in an event stream: nothing that has to go out
  Place place_;
};

}  // namespace

asio::awaitable<void> serve(Connections& all, asio::ip::tcp::socket socket) {
  Connection connection(all, std::move(socket));
  co_await connection.serve();
}

}  // namespace lockkeeper::http
