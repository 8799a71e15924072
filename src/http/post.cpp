#include "http/post.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <functional>
#include <sstream>

#include "base/mutex.hpp"

namespace lockkeeper::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

std::expected<PostUrl, std::string> parse_post_url(std::string_view url) {
  PostUrl result;
  if (url.starts_with("https://")) {
    result.tls = true;
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
  } else {
    return std::unexpected("it must begin with http:// or https://");
  }
  const std::size_t end = std::min(url.find_first_of("/?#"), url.size());
  std::string_view authority = url.substr(0, end);
  std::string_view target = url.substr(end);
  target = target.substr(0, target.find('#'));
  result.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  if (authority.contains('@')) return std::unexpected("a name or password in it is not sent: use token_file");
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && !authority.ends_with(']');
  result.port = has_port ? std::string(authority.substr(colon + 1)) : (result.tls ? "443" : "80");
  std::string_view host = authority.substr(0, has_port ? colon : authority.size());
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  result.host = host;
  const bool is_number = !result.port.empty() && result.port.size() <= 5 &&
                         result.port.find_first_not_of("0123456789") == std::string::npos;
  if (result.host.empty() || !is_number) return std::unexpected("it names no host, or no port that is a number");
  const auto is_clean = [](char letter) { return letter > ' ' && letter < '\x7f'; };
  if (!std::ranges::all_of(result.host, is_clean) || !std::ranges::all_of(result.target, is_clean))
    return std::unexpected("it has spaces or other characters that must be percent-encoded");
  return result;
}

namespace {

constexpr unsigned http_1_1 = 11;
constexpr std::size_t most_header = 8192;

std::string request_text(const PostUrl& url, const Headers& headers, const std::string& body) {
  beast::http::request<beast::http::empty_body> request(beast::http::verb::post, url.target, http_1_1);
  const bool is_default = url.port == (url.tls ? "443" : "80");
  const std::string host = url.host.contains(':') ? "[" + url.host + "]" : url.host;
  request.set(beast::http::field::host, is_default ? host : host + ":" + url.port);
  request.set(beast::http::field::user_agent, "lockkeeper");
  request.set(beast::http::field::content_type, "application/json");
  request.set(beast::http::field::connection, "close");
  for (const auto& [name, value] : headers) request.set(name, value);
  request.content_length(body.size());
  std::ostringstream text;
  text << request.base() << body;
  return text.str();
}

std::unexpected<std::string> because(std::string_view what, const error_code& error) {
  return std::unexpected(std::string(what) + ": " + error.message());
}

}  // namespace

// Each step is begun, and run until it has ended or the deadline is there. The loop is one request's own: what a
// deadline leaves unfinished goes with it, and is never called. Beast reads and writes texts alone: its own operations
// on streams, TLS or not, would be a third of a minute of compiling each.
class Poster::Body {
 public:
  std::expected<unsigned, std::string> post(const PostUrl& url, const Headers& headers, const std::string& body,
                                            std::chrono::steady_clock::time_point deadline) {
    asio::io_context loop;
    enter(&loop, deadline);
    const std::string request = request_text(url, headers, body);
    auto result = url.tls ? post_tls(url, request) : post_plain(url, request);
    enter(nullptr, deadline);
    return result;
  }

  void stop() noexcept {
    const base::Guard guard(mutex_);
    stopped_ = true;
    if (loop_ != nullptr) loop_->stop();
  }

 private:
  using Socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;
  using Done = std::function<void(const error_code&, std::size_t)>;

  void enter(asio::io_context* loop, std::chrono::steady_clock::time_point deadline) {
    const base::Guard guard(mutex_);
    loop_ = loop;
    deadline_ = deadline;
  }

  // nullptr: it was stopped.
  asio::io_context* ready() {
    const base::Guard guard(mutex_);
    if (stopped_) return nullptr;
    loop_->restart();
    return loop_;
  }

  asio::io_context& loop() {
    const base::Guard guard(mutex_);
    return *loop_;
  }

  error_code run(const std::function<void(Done)>& begin) {
    asio::io_context* loop = ready();
    if (loop == nullptr) return asio::error::operation_aborted;
    error_code result = asio::error::timed_out;
    bool ended = false;
    begin([&](const error_code& error, std::size_t) {
      result = error;
      ended = true;
    });
    while (!ended && loop->run_one_until(deadline_) > 0) continue;
    return result;
  }

  std::expected<unsigned, std::string> post_plain(const PostUrl& url, const std::string& request) {
    Socket socket(loop());
    if (auto connected = connect(socket, url); !connected) return std::unexpected(connected.error());
    return exchange(socket, request);
  }

  std::expected<void, std::string> connect(Socket& socket, const PostUrl& url) {
    asio::ip::basic_resolver<tcp, asio::io_context::executor_type> resolver(loop());
    tcp::resolver::results_type found;
    auto error = run([&](const Done& done) {
      resolver.async_resolve(url.host, url.port, [&, done](const error_code& failed, tcp::resolver::results_type all) {
        found = std::move(all);
        done(failed, 0);
      });
    });
    if (error) return because("the name cannot be resolved", error);
    error = run([&](const Done& done) {
      asio::async_connect(socket, found, [done](const error_code& failed, const tcp::endpoint&) { done(failed, 0); });
    });
    if (error) return because("no connection", error);
    return {};
  }

  template <class Stream>
  std::expected<unsigned, std::string> exchange(Stream& stream, const std::string& request) {
    const auto sent = run([&](const Done& done) { asio::async_write(stream, asio::buffer(request), done); });
    if (sent) return because("it could not be sent", sent);
    // The status is all that counts; whatever follows the header is not read.
    beast::http::response_parser<beast::http::empty_body> answer;
    answer.header_limit(most_header);
    beast::flat_buffer buffer(2 * most_header);
    while (!answer.is_header_done()) {
      std::size_t arrived = 0;
      auto error = run([&](const Done& done) {
        stream.async_read_some(buffer.prepare(most_header), [&, done](const error_code& failed, std::size_t size) {
          arrived = size;
          done(failed, size);
        });
      });
      if (error) return because("no answer", error);
      buffer.commit(arrived);
      buffer.consume(answer.put(buffer.data(), error));
      if (error && error != beast::http::error::need_more) return because("no answer", error);
    }
    return answer.get().result_int();
  }

  std::expected<unsigned, std::string> post_tls(const PostUrl& url, const std::string& request) {
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                        asio::ssl::context::no_tlsv1_1);
    error_code error;
    context.set_default_verify_paths(error);
    context.set_verify_mode(asio::ssl::verify_peer);
    asio::ssl::stream<Socket> stream(loop(), context);
    stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
    // What SSL_set_tlsext_host_name is, without its old-style casts.
    std::string name = url.host;
    if (SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) != 1)
      return std::unexpected("TLS could not be set up");
    if (auto connected = connect(stream.next_layer(), url); !connected) return std::unexpected(connected.error());
    error = run([&](const Done& done) {
      stream.async_handshake(asio::ssl::stream_base::client, [done](const error_code& failed) { done(failed, 0); });
    });
    if (error) return because("TLS", error);
    return exchange(stream, request);
  }

  base::Mutex mutex_;
  asio::io_context* loop_ LK_GUARDED_BY(mutex_) = nullptr;
  bool stopped_ LK_GUARDED_BY(mutex_) = false;
  std::chrono::steady_clock::time_point deadline_;
};

Poster::Poster() : body_(std::make_unique<Body>()) {}
Poster::~Poster() = default;

std::expected<unsigned, std::string> Poster::post(const PostUrl& url, const Headers& headers, const std::string& body,
                                                  std::chrono::steady_clock::time_point deadline) {
  return body_->post(url, headers, body, deadline);
}

void Poster::stop() noexcept { body_->stop(); }

}  // namespace lockkeeper::http
