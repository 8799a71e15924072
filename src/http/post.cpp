#include "http/post.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <algorithm>

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
// An answer's text is of no use to us.
constexpr std::uint64_t most_answer = std::uint64_t{1} << 20U;

beast::http::request<beast::http::string_body> request_of(const PostUrl& url, const Headers& headers,
                                                          const std::string& body) {
  beast::http::request<beast::http::string_body> request(beast::http::verb::post, url.target, http_1_1);
  const bool is_default = url.port == (url.tls ? "443" : "80");
  const std::string host = url.host.contains(':') ? "[" + url.host + "]" : url.host;
  request.set(beast::http::field::host, is_default ? host : host + ":" + url.port);
  request.set(beast::http::field::user_agent, "lockkeeper");
  request.set(beast::http::field::content_type, "application/json");
  request.set(beast::http::field::connection, "close");
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = body;
  request.prepare_payload();
  return request;
}

std::unexpected<std::string> because(std::string_view what, const error_code& error) {
  return std::unexpected(std::string(what) + ": " + error.message());
}

}  // namespace

// Each step is begun, and run until it has ended or the deadline is there. The loop is one request's own: what a
// deadline leaves unfinished goes with it, and is never called.
class Poster::Body {
 public:
  std::expected<unsigned, std::string> post(const PostUrl& url, const Headers& headers, const std::string& body,
                                            std::chrono::steady_clock::time_point deadline) {
    asio::io_context loop;
    enter(&loop, deadline);
    const auto request = request_of(url, headers, body);
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
  using Request = beast::http::request<beast::http::string_body>;

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

  template <class Begin>
  error_code run(const Begin& begin) {
    asio::io_context* loop = ready();
    if (loop == nullptr) return asio::error::operation_aborted;
    error_code result = asio::error::timed_out;
    bool ended = false;
    begin([&](const error_code& error, auto&&...) {
      result = error;
      ended = true;
    });
    while (!ended && loop->run_one_until(deadline_) > 0) continue;
    return result;
  }

  std::expected<unsigned, std::string> post_plain(const PostUrl& url, const Request& request) {
    beast::tcp_stream stream(loop());
    if (auto connected = connect(stream, url); !connected) return std::unexpected(connected.error());
    return exchange(stream, request);
  }

  std::expected<void, std::string> connect(beast::tcp_stream& stream, const PostUrl& url) {
    tcp::resolver resolver(loop());
    tcp::resolver::results_type found;
    auto error = run([&](auto done) {
      resolver.async_resolve(url.host, url.port, [&, done](const error_code& failed, tcp::resolver::results_type all) {
        found = std::move(all);
        done(failed);
      });
    });
    if (error) return because("the name cannot be resolved", error);
    error = run([&](auto done) { stream.async_connect(found, done); });
    if (error) return because("no connection", error);
    return {};
  }

  template <class Stream>
  std::expected<unsigned, std::string> exchange(Stream& stream, const Request& request) {
    if (const auto error = run([&](auto done) { beast::http::async_write(stream, request, done); }); error)
      return because("it could not be sent", error);
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::string_body> answer;
    answer.body_limit(most_answer);
    // The status is all that counts; whatever follows it may be cut.
    if (const auto error = run([&](auto done) { beast::http::async_read_header(stream, buffer, answer, done); }); error)
      return because("no answer", error);
    return answer.get().result_int();
  }

  std::expected<unsigned, std::string> post_tls(const PostUrl& url, const Request& request) {
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                        asio::ssl::context::no_tlsv1_1);
    error_code error;
    context.set_default_verify_paths(error);
    context.set_verify_mode(asio::ssl::verify_peer);
    beast::ssl_stream<beast::tcp_stream> stream(loop(), context);
    stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
    // What SSL_set_tlsext_host_name is, without its old-style casts.
    std::string name = url.host;
    if (SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) != 1)
      return std::unexpected("TLS could not be set up");
    if (auto connected = connect(stream.next_layer(), url); !connected) return std::unexpected(connected.error());
    error = run([&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, done); });
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
