// Host names, asked on a thread beside the loop: the system's resolver blocks.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <thread>

#include "base/mutex.hpp"
#include "io/addresses.hpp"

namespace lockkeeper::io {

/// One name. The loop's thread makes it and reads the answer; whoever is no longer interested sets `wakeup` to nullptr.
struct NameQuestion {
  std::string host;
  std::uint16_t port = 0;
  Wakeup* wakeup = nullptr;  ///< Signalled when answered; the loop's thread alone.
  std::optional<std::expected<std::vector<SocketAddress>, IoError>> answer;  ///< The loop's thread alone.
};

/// At most one thread, started with the first question.
class Resolver {
 public:
  explicit Resolver(Loop& loop) noexcept : loop_(loop) {}
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();  ///< Waits for the question that is being asked: the system's resolver has limits of its own.

  /// The answer is posted to the loop. False: too many questions wait already.
  [[nodiscard]] bool ask(std::shared_ptr<NameQuestion> question);

 private:
  // Every server of a pool connecting at once is far below this; a name server that does not answer must not collect
  // more.
  static constexpr std::size_t most_questions = 1024;
  void work();

  Loop& loop_;
  base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::shared_ptr<NameQuestion>> questions_ LK_GUARDED_BY(mutex_);
  bool stopping_ LK_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // Started and joined by the loop's thread.
};

}  // namespace lockkeeper::io
