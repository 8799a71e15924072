// Bytes on their way out, in chunks that a loop's sockets share: an idle socket has none.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "io/socket.hpp"

namespace lockkeeper::io {

/// Holds what one receive brings. Not initialised beyond the first three.
struct Chunk {
  // As much as one receive brings, so that what is passed on fills one.
  static constexpr std::size_t room = 16 * 1024;
  // Parts of one system call or one operation: 64 KiB, what a socket's buffer takes at once.
  static constexpr std::size_t most_parts = 4;

  Chunk* next;
  std::uint32_t begin;
  std::uint32_t end;
  // For an operation under way; it lives as long as its first chunk.
  msghdr message;
  iovec parts[most_parts];
  std::byte bytes[room];
};

/// Keeps as many as were in use within the last second; the rest goes back to the heap.
class ChunkPool {
 public:
  ChunkPool() = default;
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;
  ~ChunkPool();

  [[nodiscard]] Chunk* take();
  void put(Chunk* chunk) noexcept;
  /// To be called about once a second while there is a surplus.
  void trim() noexcept;
  [[nodiscard]] bool has_surplus() const noexcept { return free_ > kept; }
  [[nodiscard]] std::size_t free() const noexcept { return free_; }

 private:
  static constexpr std::size_t kept = 4;  // 64 KiB
  Chunk* head_ = nullptr;
  std::size_t free_ = 0;
  std::size_t lowest_ = 0;  // The fewest free since the last trim: nobody missed them.
};

class OutQueue {
 public:
  OutQueue() = default;
  OutQueue(const OutQueue&) = delete;
  OutQueue& operator=(const OutQueue&) = delete;
  ~OutQueue();  ///< Must be empty.

  void swap(OutQueue& other) noexcept;
  void append(ChunkPool& pool, Bytes bytes);
  void consume(ChunkPool& pool, std::size_t bytes) noexcept;
  void clear(ChunkPool& pool) noexcept;
  /// The first bytes, in at most as many parts as there is room for. Returns the number of parts.
  [[nodiscard]] std::size_t parts(std::span<iovec> into) const noexcept;
  [[nodiscard]] Chunk& first() noexcept { return *head_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  Chunk* head_ = nullptr;
  Chunk* tail_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace lockkeeper::io
