// A blocking client that speaks the protocol by hand: what no client library would send, and every byte of the answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/support/messages.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {

/// How to come in.
struct Login {
  std::uint16_t port = 0;
  std::string user = "postgres";
  std::string password = {};
  std::string database = "postgres";
  std::uint16_t minor = 0;  ///< 2: protocol 3.2.
  Parameters more = {};     ///< Further start-up parameters.
};

/// How a connection stands.
enum class Ending { open, orderly, reset };

/// One connection, used from one thread. Every wait has a deadline; throws std::runtime_error where a test cannot go
/// on.
class RawClient {
 public:
  /// Connects, and says nothing yet.
  explicit RawClient(std::uint16_t port);
  /// Connects and logs in (trust, cleartext, md5, SCRAM-SHA-256), up to the first ReadyForQuery.
  explicit RawClient(const Login& login);
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&& other) noexcept;
  ~RawClient();

  /// The start of a session on a connection that has said nothing. False: refused; `greeting` ends with the reason.
  bool log_in(const Login& login, std::chrono::milliseconds patience = default_patience);
  /// Everything after authentication up to the first ReadyForQuery.
  [[nodiscard]] const Messages& greeting() const noexcept { return greeting_; }
  /// Of BackendKeyData; 0 before.
  [[nodiscard]] std::uint32_t pid() const noexcept { return pid_; }
  [[nodiscard]] const std::string& secret() const noexcept { return secret_; }

  /// Sends in pieces of `piece` bytes (0: all at once), reading meanwhile, so that no two of us wait for each other.
  /// What cannot be sent any more is forgotten: reading tells what happened.
  void send_bytes(std::string_view bytes, std::size_t piece = 0);
  void send(const Message& message) { send_bytes(encode(message)); }
  void send(const Messages& messages) { send_bytes(encode(messages)); }

  /// The next message; nullopt: none within that time, or the connection has ended (`ending` tells).
  std::optional<Message> read(std::chrono::milliseconds patience = default_patience);
  /// One byte that is no message: the answer to SSLRequest.
  std::optional<char> read_byte(std::chrono::milliseconds patience = default_patience);
  /// Up to and with the `count`-th message of that type, or the end of the connection. Throws at the deadline.
  Messages read_until(char type, int count = 1, std::chrono::milliseconds patience = default_patience);
  /// A simple query and everything up to its ReadyForQuery.
  Messages ask(std::string_view sql, std::chrono::milliseconds patience = default_patience);
  /// Waits for the end; throws at the deadline.
  Ending wait_for_end(std::chrono::milliseconds patience = default_patience);

  [[nodiscard]] Ending ending() const noexcept { return ending_; }
  /// Bytes of a message that has not come whole.
  [[nodiscard]] const std::string& unfinished() const noexcept { return inbox_; }
  [[nodiscard]] int socket() const noexcept { return socket_; }

  void half_close();  ///< No more bytes from us (FIN); we read on.
  void close();       ///< Without Terminate.
  void reset();       ///< RST.

 private:
  bool receive_some(std::chrono::milliseconds patience);
  std::optional<Message> take_message();
  [[nodiscard]] bool authenticate(const Message& request, const Login& login);

  int socket_ = -1;
  Ending ending_ = Ending::open;
  std::string inbox_;
  Messages greeting_;
  std::uint32_t pid_ = 0;
  std::string secret_;
};

/// Sends a cancel request and waits until it has been taken.
void cancel(std::uint16_t port, std::uint32_t pid, std::string_view secret,
            std::chrono::milliseconds patience = default_patience);

/// The first cell of the first row among the messages; empty where there is none or NULL.
[[nodiscard]] std::string first_cell(const Messages& messages);
/// The SQLSTATE of the first error among them; empty where there is none.
[[nodiscard]] std::string first_error(const Messages& messages);

}  // namespace lockkeeper::testing
