#include "io/chunks.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/assert.hpp"

namespace lockkeeper::io {

ChunkPool::~ChunkPool() {
  while (head_ != nullptr) delete std::exchange(head_, head_->next);
}

Chunk* ChunkPool::take() {
  Chunk* chunk = head_;
  if (chunk != nullptr) {
    head_ = chunk->next;
    lowest_ = std::min(lowest_, --free_);
  } else {
    chunk = new Chunk;  // Without braces: 16 KiB of zeros would cost more than what is written to it.
  }
  chunk->next = nullptr;
  chunk->begin = 0;
  chunk->end = 0;
  return chunk;
}

void ChunkPool::put(Chunk* chunk) noexcept {
  chunk->next = head_;
  head_ = chunk;
  ++free_;
}

void ChunkPool::trim() noexcept {
  for (; lowest_ > kept; --lowest_) {
    delete std::exchange(head_, head_->next);
    --free_;
  }
  lowest_ = free_;
}

OutQueue::~OutQueue() { LK_ASSERT(head_ == nullptr); }

void OutQueue::swap(OutQueue& other) noexcept {
  std::swap(head_, other.head_);
  std::swap(tail_, other.tail_);
  std::swap(size_, other.size_);
}

void OutQueue::append(ChunkPool& pool, Bytes bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (tail_ == nullptr || tail_->end == Chunk::room) {
      Chunk* chunk = pool.take();
      (tail_ == nullptr ? head_ : tail_->next) = chunk;
      tail_ = chunk;
    }
    const std::size_t count = std::min(bytes.size(), Chunk::room - tail_->end);
    std::memcpy(tail_->bytes + tail_->end, bytes.data(), count);
    tail_->end += static_cast<std::uint32_t>(count);
    bytes = bytes.subspan(count);
  }
}

void OutQueue::consume(ChunkPool& pool, std::size_t bytes) noexcept {
  LK_ASSERT(bytes <= size_);
  size_ -= bytes;
  while (head_ != nullptr) {
    const std::size_t there = head_->end - head_->begin;
    if (bytes < there) {
      head_->begin += static_cast<std::uint32_t>(bytes);
      return;
    }
    bytes -= there;
    pool.put(std::exchange(head_, head_->next));
  }
  tail_ = nullptr;
}

void OutQueue::clear(ChunkPool& pool) noexcept { consume(pool, size_); }

std::size_t OutQueue::parts(std::span<iovec> into) const noexcept {
  std::size_t count = 0;
  for (Chunk* chunk = head_; chunk != nullptr && count < into.size(); chunk = chunk->next) {
    into[count++] = {chunk->bytes + chunk->begin, chunk->end - chunk->begin};
  }
  return count;
}

}  // namespace lockkeeper::io
