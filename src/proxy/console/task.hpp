// One client of the console, from its login to its end: what the pure parts decide, carried out.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "io/task.hpp"
#include "proxy/console/command.hpp"
#include "proxy/console/conversation.hpp"
#include "proxy/console/view.hpp"

namespace lockkeeper::proxy {

class PostgresClient;
class Worker;

/// Lives within the client's own task, on its worker's thread.
class ConsoleTask {
 public:
  explicit ConsoleTask(PostgresClient& client);

  /// Over when the client is.
  io::Task<> run();

 private:
  /// How long other workers have to answer. They are busy for milliseconds; who takes longer is stuck, and what the
  /// others say is wanted then more than ever.
  static constexpr std::chrono::seconds patience{1};
  /// How often a PAUSE looks whether it is complete, or SHOW RECORDING whether it is made: nobody tells them.
  static constexpr std::chrono::milliseconds pause_interval{50};
  /// A look is begun every second, and takes no longer than its own timeouts.
  static constexpr std::chrono::seconds recording_patience{10};

  io::Task<bool> log_in();
  void greet();
  /// The next one into `message_`. False: the client has gone, or was ended.
  io::Task<bool> next_message();
  /// Whether all of it is there.
  [[nodiscard]] bool take_message();
  [[nodiscard]] bool ended();
  /// Whether nobody waits for the running command any more.
  [[nodiscard]] bool unwanted() const;
  /// Until the workers have answered or their time is over.
  template <class Inquiry>
  io::Task<> wait_for(Inquiry& inquiry);

  io::Task<console::Reply> carry_out(const console::Command& command);
  io::Task<console::Reply> show(const console::Command& command);
  io::Task<console::Reply> show_recording();
  io::Task<console::Reply> pause(const console::Command& command);
  io::Task<console::Reply> kill(const console::Command& command);
  io::Task<console::Reply> kill_client(const console::Command& command);
  [[nodiscard]] console::Reply resume(const console::Command& command);
  [[nodiscard]] console::Reply reconnect(const console::Command& command);
  [[nodiscard]] console::Reply reload();
  /// Why there is nothing of that database to act on.
  [[nodiscard]] std::optional<console::Failure> check_database(const std::string& name) const;
  [[nodiscard]] std::optional<console::Failure> check_pause(const std::string& name) const;
  void log(const console::Command& command) const;

  PostgresClient& client_;
  Worker& worker_;
  std::optional<console::Conversation> conversation_;
  char type_ = 0;
  std::string message_;
};

}  // namespace lockkeeper::proxy
