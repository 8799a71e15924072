// Listening and connecting without a kernel.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "io/sim/sim_loop.hpp"

namespace lockkeeper::io::sim {

class SimListener final : public Listener {
 public:
  SimListener(SimLoop& loop, Wakeup& wakeup, std::uint16_t port) : loop_(loop), wakeup_(wakeup), port_(port) {}
  SimListener(const SimListener&) = delete;
  SimListener& operator=(const SimListener&) = delete;
  ~SimListener() override { loop_.forget(*this); }

  void arrive(std::unique_ptr<Socket> socket) {
    backlog_.push_back(std::move(socket));
    if (!paused_) wakeup_.signal();
  }

  [[nodiscard]] std::unique_ptr<Socket> accept() override {
    if (paused_ || backlog_.empty()) return nullptr;
    auto first = std::move(backlog_.front());
    backlog_.pop_front();
    return first;
  }
  void pause(bool on) override {
    if (paused_ && !on) wakeup_.signal();
    paused_ = on;
  }
  [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }
  [[nodiscard]] const std::optional<IoError>& shortage() const noexcept override { return shortage_; }

 private:
  SimLoop& loop_;
  Wakeup& wakeup_;
  std::uint16_t port_;
  bool paused_ = false;
  std::optional<IoError> shortage_;  // Never.
  std::deque<std::unique_ptr<Socket>> backlog_;
};

class SimConnecting final : public Connecting {
 public:
  using Result = std::expected<std::unique_ptr<Socket>, IoError>;
  explicit SimConnecting(Result result) : result_(std::move(result)) {}
  [[nodiscard]] std::optional<Result> result() override { return std::exchange(result_, std::nullopt); }

 private:
  std::optional<Result> result_;
};

}  // namespace lockkeeper::io::sim
