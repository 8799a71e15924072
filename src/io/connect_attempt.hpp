// A connect under way: the name, then its addresses one after the other, all under one deadline.
#pragma once

#include "io/addresses.hpp"
#include "io/loop_core.hpp"

namespace lockkeeper::io {

/// Goes on whenever its owner asks for the result, who is signalled at each step.
class ConnectAttempt final : public Connecting, private Watcher {
 public:
  using Result = std::expected<std::unique_ptr<Socket>, IoError>;

  ConnectAttempt(LoopCore& core, const Address& address, TimePoint deadline, Wakeup& wakeup);
  ConnectAttempt(const ConnectAttempt&) = delete;
  ConnectAttempt& operator=(const ConnectAttempt&) = delete;
  ~ConnectAttempt() override;

  [[nodiscard]] std::optional<Result> result() override;

 private:
  enum class Step { waits, next_address, over };

  void ready() noexcept override;
  void ask_for_name(const Address& address);
  void advance();
  [[nodiscard]] bool has_addresses();
  [[nodiscard]] Step try_address();
  [[nodiscard]] Step begin(const SocketAddress& address);
  [[nodiscard]] Step judge(int error, const SocketAddress& address);
  void failed(IoError error);
  void finish(Result result);
  void stop_watching() noexcept;

  LoopCore& core_;
  const std::string target_;
  const TimePoint deadline_;
  Wakeup& wakeup_;
  Timer timer_;
  std::shared_ptr<NameQuestion> question_;
  std::vector<SocketAddress> addresses_;
  std::size_t next_ = 0;
  int descriptor_ = -1;
  bool ready_ = false;
  std::optional<IoError> failure_;  // Of the addresses so far.
  std::optional<Result> result_;
  bool given_ = false;
  std::unique_ptr<Watch> watch_;
};

}  // namespace lockkeeper::io
