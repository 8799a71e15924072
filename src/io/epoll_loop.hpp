// The loop over epoll.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "io/loop_core.hpp"
#include "io/send_batch.hpp"

namespace lockkeeper::io {

class EpollSocket;
class EpollTarget;

class EpollLoop final : public LoopCore {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<Loop>, IoError> open(const LoopOptions& options);
  EpollLoop(const LoopOptions& options, int epoll);
  ~EpollLoop() override;

  [[nodiscard]] Backend backend() const noexcept override { return Backend::epoll; }
  [[nodiscard]] std::unique_ptr<Socket> make_socket(StreamState state) override;
  [[nodiscard]] std::unique_ptr<Watch> watch(int descriptor, WatchFor what, Watcher& watcher) override;

  void add(int descriptor, std::uint32_t events, EpollTarget& target) noexcept;
  void change(int descriptor, std::uint32_t events, EpollTarget& target) noexcept;
  void remove(int descriptor) noexcept;
  /// One for all sockets.
  [[nodiscard]] std::span<std::byte> receive_buffer() noexcept {
    return {receive_buffer_.get(), options_.receive_buffer};
  }

 private:
  void flush(std::span<Stream* const> streams) override;
  void wait(TimePoint until) override;
  void begin_run() override;
  void end_run() override;
  void send_batched();

  struct Batched {
    EpollSocket* socket;
    Bytes bytes;
  };

  const int epoll_;
  std::unique_ptr<std::byte[]> receive_buffer_;
  // Made for the first turn in which it may save anything. nullptr: it cannot be had, each socket sends by itself.
  std::optional<std::unique_ptr<SendBatch>> batch_;
  std::vector<Batched> batched_;
  std::optional<WithoutPipeSignal> without_signal_;
};

}  // namespace lockkeeper::io
