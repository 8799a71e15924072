// What a demonstration needs from outside: a private server that somebody else has started, and ends.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <lockkeeper/connection.hpp>
#include <lockkeeper/driver.hpp>

#include "diagnose/conductor.hpp"

namespace lockkeeper::demo {

/// A recorder before the server, which is the application's connection pool too, and a look at both.
struct Recorder {
  std::shared_ptr<void> proxy;  ///< It ends with this, and cuts who is connected.
  std::string address;          ///< "127.0.0.1:40123"
  std::unique_ptr<diagnose::Conductor> conductor;
};

struct PoolWish {
  std::size_t connections = 1;
  bool by_transaction = false;  ///< PostgreSQL: who has no transaction open has no connection.
};

enum class Answer { go_on, leave };

struct Surroundings {
  Engine engine = Engine::postgres;
  std::string url;  ///< Of an empty database, for who may do everything. SQLite: of a file.
  std::shared_ptr<Driver> driver;
  /// A recorder before the database of `url`, for the user of `url`; or why there is none.
  std::function<std::expected<Recorder, std::string>(const std::string& url, const PoolWish& wish,
                                                     const diagnose::Limits& limits)>
      record;
  std::filesystem::path folder;  ///< For files that are gone afterwards.
  std::string viewer;            ///< In whose name sessions are ended: goes into the audit.
  std::string limit_arguments;   ///< `play_limits` as another command takes them.
  /// Asks the viewer, after having said so much. Not set: nobody is there to be asked.
  std::function<Answer(const std::string& question)> ask = {};
  std::function<bool()> interrupted = [] { return false; };  ///< Any thread.
};

/// The doctor's limits, short enough to be waited for.
[[nodiscard]] inline diagnose::Limits play_limits() {
  diagnose::Limits limits;
  limits.min_idle = std::chrono::seconds(1);
  limits.min_wait = std::chrono::seconds(1);
  limits.max_held_idle = std::chrono::seconds(1);
  limits.min_loop_span = std::chrono::seconds(1);
  return limits;
}

}  // namespace lockkeeper::demo
