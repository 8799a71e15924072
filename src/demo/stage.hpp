// Where one incident is played: a recorder with a small pool before the server, and those who connect to either.
#pragma once

#include <string>

#include "demo/clients.hpp"
#include "demo/story.hpp"
#include "demo/surroundings.hpp"
#include "demo/waiting.hpp"

namespace lockkeeper::demo {

class Stage {
 public:
  /// Throws std::runtime_error where the recorder cannot be had.
  Stage(const Surroundings& surroundings, Story& story, const PoolWish& wish);

  /// As the application, through its pool. A wait for a connection longer than `patience` fails.
  [[nodiscard]] Session connect(const std::string& application, std::chrono::milliseconds wait,
                                std::string unit = {}) const;
  /// Straight to the server, past the pool.
  [[nodiscard]] Session connect_directly(const std::string& application) const;
  /// Somebody who comes to an empty pool, says so, and goes away: what everybody saw. False: it was not empty.
  [[nodiscard]] bool sees_empty_pool(const std::string& application, const std::string& who) const;

  /// Cuts every connection through the pool: whoever waits for one goes on, with an error.
  void end();

  /// As demo::comes_true.
  [[nodiscard]] bool comes_true(const std::function<bool()>& condition,
                                std::chrono::milliseconds within = std::chrono::seconds(20)) const;

  [[nodiscard]] diagnose::Conductor& conductor() const { return *recorder_.conductor; }
  [[nodiscard]] const Surroundings& surroundings() const noexcept { return surroundings_; }
  [[nodiscard]] Story& story() const noexcept { return story_; }
  [[nodiscard]] bool on_postgres() const noexcept { return surroundings_.engine == Engine::postgres; }

 private:
  const Surroundings& surroundings_;
  Story& story_;
  std::string url_;  // of the pool
  Recorder recorder_;
};

}  // namespace lockkeeper::demo
