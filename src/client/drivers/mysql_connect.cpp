#include "client/drivers/mysql_connect.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "client/drivers/mysql_call.hpp"
#include "client/drivers/mysql_errors.hpp"
#include "client/drivers/mysql_greeting.hpp"
#include "client/drivers/mysql_tls_guard.hpp"
#include "client/drivers/socket_wait.hpp"

namespace lockkeeper::client::mysql {
namespace {

// Methods that do not send the password itself. libmariadb looks for a method's name in this text.
constexpr const char* trusted_methods =
    "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec,auth_gssapi_client";

// A greeting has about a hundred bytes.
constexpr std::size_t greeting_bytes = 1024;

std::string place_of(const Plan& plan) {
  return plan.host.empty() ? "socket " + plan.socket : plan.host + " port " + std::to_string(plan.port);
}

Error not_in_time(const Plan& plan, bool reached) {
  const std::string what =
      reached ? "accepted the connection but did not finish the handshake in time" : "did not answer in time";
  return {ErrorCode::deadline, "", "the server at " + place_of(plan) + " " + what, Blast::connection};
}

Error no_tls(const Plan& plan) {
  return {ErrorCode::configuration, "",
          "the server at " + place_of(plan) + " offers no TLS, but the URL's ssl-mode requires it; nothing was sent",
          Blast::connection};
}

Error not_of_the_family(const Plan& plan) {
  return {ErrorCode::protocol, "",
          "what answered at " + place_of(plan) + " is not a server\nIs this the address of a MySQL or MariaDB server?",
          Blast::connection};
}

void set_text(MYSQL* session, mysql_option option, const std::string& value) {
  if (!value.empty()) mysql_options(session, option, value.c_str());
}

bool wants_tls(const Plan& plan) {
  // By a socket nobody can listen, but whoever requires TLS gets it.
  if (plan.host.empty()) return plan.tls.mode >= TlsMode::required;
  return plan.tls.mode != TlsMode::disabled;
}

void set_tls(MYSQL* session, const Plan& plan) {
  if (!wants_tls(plan)) return;
  const my_bool on = 1;
  mysql_options(session, MYSQL_OPT_SSL_ENFORCE, &on);
  set_text(session, MYSQL_OPT_SSL_CA, plan.tls.ca);
  set_text(session, MYSQL_OPT_SSL_CAPATH, plan.tls.ca_path);
  set_text(session, MYSQL_OPT_SSL_CERT, plan.tls.certificate);
  set_text(session, MYSQL_OPT_SSL_KEY, plan.tls.key);
  set_text(session, MYSQL_OPT_SSL_CIPHER, plan.tls.cipher);
  set_text(session, MARIADB_OPT_TLS_VERSION, plan.tls.version);
  if (plan.tls.mode == TlsMode::verify_full) mysql_options(session, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
}

void set_options(MYSQL* session, const Plan& plan) {
  const unsigned int off = 0;
  mysql_options(session, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  // Or a server could ask us for any file that we can read.
  mysql_options(session, MYSQL_OPT_LOCAL_INFILE, &off);
  if (!plan.clear_text_password) mysql_options(session, MARIADB_OPT_RESTRICTED_AUTH, trusted_methods);
  if (!plan.program_name.empty()) {
    mysql_options4(session, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", plan.program_name.c_str());
  }
  set_tls(session, plan);
}

// One attempt at one address.
class Attempt {
 public:
  Attempt(const Plan& plan, Deadline deadline) : plan_(plan), deadline_(deadline) {}

  Result<Handle> run();

 private:
  int start();
  int go_on(int events) {
    forget_tls_errors();
    return mysql_real_connect_cont(&connected_, handle_.get(), events);
  }
  std::optional<Error> wait(int events);
  std::optional<Error> look_at_greeting(int socket);
  Result<Handle> finish();

  const Plan& plan_;
  Deadline deadline_;
  Handle handle_ = Handle::make();
  MYSQL* connected_ = nullptr;
  bool looked_ = false;
  bool greeted_ = false;
  std::optional<TlsGuard> guard_;
};

int Attempt::start() {
  const char* host = plan_.host.empty() ? "localhost" : plan_.host.c_str();
  const char* socket = plan_.host.empty() ? plan_.socket.c_str() : nullptr;
  const char* user = plan_.user.empty() ? nullptr : plan_.user.c_str();
  const char* database = plan_.database.empty() ? nullptr : plan_.database.c_str();
  const unsigned int protocol = plan_.host.empty() ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  mysql_options(handle_.get(), MYSQL_OPT_PROTOCOL, &protocol);
  // Rows that an UPDATE finds but need not change count as affected, as on the other databases.
  return mysql_real_connect_start(&connected_, handle_.get(), host, user, plan_.password.c_str(), database, plan_.port,
                                  socket, CLIENT_FOUND_ROWS);
}

Result<Handle> Attempt::run() {
  set_options(handle_.get(), plan_);
  int events = start();
  while (events != 0) {
    if (auto error = wait(events)) {
      give_up(handle_.get(), events, [this](int more) { return go_on(more); });
      return std::unexpected(std::move(*error));
    }
    events = go_on(events);
  }
  return finish();
}

std::optional<Error> Attempt::wait(int events) {
  const int socket = mysql_get_socket(handle_.get());
  if (!wait_for_events(handle_.get(), events, deadline_)) return not_in_time(plan_, greeted_);
  if (looked_) return std::nullopt;
  looked_ = true;
  return look_at_greeting(socket);
}

// Not by SO_ERROR: reading it would take it from libmariadb.
bool is_connected(int socket) {
  sockaddr_storage peer = {};
  socklen_t length = sizeof peer;
  return ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &length) == 0;
}

void wake_at(int socket, std::size_t bytes) {
  const int count = static_cast<int>(bytes);
  ::setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &count, sizeof count);
}

// Unix sockets do not know SO_RCVLOWAT: there this is also the pause until the next piece of a greeting.
bool has_ended(int socket) {
  constexpr int pause_ms = 1;
  pollfd watched{socket, POLLRDHUP, 0};
  return ::poll(&watched, 1, pause_ms) != 0;
}

// What the server says first, without taking it from libmariadb. Nothing at the deadline; what has come where the
// server says no more.
std::optional<std::string> peek(int socket, Deadline deadline) {
  std::array<char, greeting_bytes> buffer{};
  std::size_t seen = 0;
  for (;;) {
    if (!wait_for_socket(socket, Interest::read, deadline)) return std::nullopt;
    const auto count = ::recv(socket, buffer.data(), buffer.size(), MSG_PEEK | MSG_DONTWAIT);
    const auto bytes = count < 0 ? 0 : static_cast<std::size_t>(count);
    const bool no_more = bytes == 0 || (bytes <= seen && has_ended(socket));
    const std::string_view text(buffer.data(), bytes);
    if (no_more || read_greeting(text) != Greeting::incomplete) {
      wake_at(socket, 1);
      return std::string(text);
    }
    seen = bytes;
    wake_at(socket, seen + 1);
  }
}

// Where connecting takes no time (a Unix socket), libmariadb may have read the greeting, and answered it, before we
// could look: what is there now is the server's next message. Whether TLS is on is looked at in the end anyway.
// It has a small sequence number, no letter of another protocol.
bool is_a_later_message(std::string_view bytes) { return bytes.size() > 3 && bytes[3] > 0 && bytes[3] < 8; }

// The socket is connected, or has failed to: then libmariadb tells why.
std::optional<Error> Attempt::look_at_greeting(int socket) {
  if (!is_connected(socket)) return std::nullopt;
  const auto said = peek(socket, deadline_);
  if (!said) return not_in_time(plan_, true);
  if (is_a_later_message(*said)) {
    greeted_ = true;
    return std::nullopt;
  }
  const Greeting greeting = read_greeting(*said);
  greeted_ = greeting != Greeting::foreign && greeting != Greeting::incomplete;
  if (greeting == Greeting::foreign) return not_of_the_family(plan_);
  if (const Fault refusal = read_refusal(*said); refusal.number != 0) return connect_error(refusal, true);
  if (greeting == Greeting::plain && plan_.tls.mode >= TlsMode::required) return no_tls(plan_);
  if (greeting == Greeting::with_tls && wants_tls(plan_)) guard_.emplace(socket, deadline_);
  return std::nullopt;
}

Result<Handle> Attempt::finish() {
  guard_.reset();
  if (connected_ == nullptr) {
    if (std::chrono::steady_clock::now() >= deadline_) return std::unexpected(not_in_time(plan_, greeted_));
    return std::unexpected(connect_error(fault_of(handle_.get()), greeted_));
  }
  // Whatever went on in libmariadb: nothing is sent in clear text where that was ruled out.
  if (plan_.tls.mode >= TlsMode::required && mysql_get_ssl_cipher(connected_) == nullptr) {
    return std::unexpected(no_tls(plan_));
  }
  // With TLS its reads and writes are OpenSSL's, which block unless the socket itself does not.
  const int socket = mysql_get_socket(connected_);
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  return std::move(handle_);
}

struct AddressFree {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressFree>;

std::string numeric(const sockaddr* address, socklen_t length) {
  std::array<char, NI_MAXHOST> text{};
  const int failed = ::getnameinfo(address, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? std::string(text.data()) : std::string();
}

// Looked up here, once: libmariadb repeats a lookup that fails for half a minute.
Result<std::vector<std::string>> addresses_of(const std::string& host) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (failed != 0) {
    return std::unexpected(Error{ErrorCode::unreachable, "",
                                 "the host name \"" + host + "\" could not be resolved: " + ::gai_strerror(failed),
                                 Blast::connection});
  }
  const Addresses list(found);
  std::vector<std::string> addresses;
  for (const addrinfo* next = list.get(); next != nullptr; next = next->ai_next) {
    addresses.push_back(numeric(next->ai_addr, next->ai_addrlen));
  }
  return addresses;
}

Result<Connected> attempt(const Plan& plan, Deadline deadline) {
  auto handle = Attempt(plan, deadline).run();
  if (!handle) return std::unexpected(std::move(handle.error()));
  return Connected{std::move(*handle), plan};
}

}  // namespace

Result<Connected> connect(const Plan& plan, Deadline deadline) {
  if (std::chrono::steady_clock::now() >= deadline) {
    return std::unexpected(too_late("nothing was sent to " + place_of(plan), Blast::connection));
  }
  if (plan.host.empty()) return attempt(plan, deadline);
  const auto addresses = addresses_of(plan.host);
  if (!addresses) return std::unexpected(addresses.error());
  // The certificate is compared with the name, which libmariadb therefore must be given.
  if (plan.tls.mode == TlsMode::verify_full) return attempt(plan, deadline);
  Result<Connected> last = std::unexpected(Error{});
  for (const std::string& address : *addresses) {
    Plan at_address = plan;
    at_address.host = address;
    last = attempt(at_address, deadline);
    // Another address may answer where this one does not; a server that answered has the last word.
    if (last || last.error().code != ErrorCode::unreachable) break;
  }
  return last;
}

}  // namespace lockkeeper::client::mysql
