// Units of work as the pool counts them, and what each thread keeps at hand.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace lockkeeper::client {

struct Slot;
struct ThreadCache;

/// Whatever holds leases together. Lives for ever once made and is used again for another unit when it has ended, so
/// that a pointer in a lease's record can always be followed; the id tells whether it is still the same unit.
class alignas(64) Unit {  // A line of its own: every acquire and return writes it.
 public:
  /// The unit's id; 0 while nobody uses it. Never repeats.
  [[nodiscard]] std::uint64_t id() const noexcept { return id_.load(std::memory_order_acquire); }

  /// The outermost unit whose scope this one lies in, itself mostly: what one thread holds under several names can only
  /// be released by that thread. Threads and leases are counted on it.
  [[nodiscard]] Unit& root() noexcept { return *root_.load(std::memory_order_relaxed); }
  [[nodiscard]] const Unit& root() const noexcept { return *root_.load(std::memory_order_relaxed); }

  /// Leases held by it, of all pools. For a thread that looks while others count: above zero means that one was held
  /// at some moment meanwhile. Zero is exact for a unit that has ended, to which none can come.
  [[nodiscard]] std::int64_t leases() const noexcept {
    const std::int64_t own = own_leases_.load(std::memory_order_acquire);
    return own + other_leases_.load(std::memory_order_acquire);
  }
  /// One lease more, or less. `thread` is the calling one's; null where that is not at hand.
  void count_lease(const ThreadCache* thread, std::int64_t change) noexcept {
    if (thread != nullptr && owner_.load(std::memory_order_relaxed) == thread) [[likely]] {
      // Nobody else writes it. A locked instruction here would be a tenth of what acquire and release cost together.
      own_leases_.store(own_leases_.load(std::memory_order_relaxed) + change, std::memory_order_release);
    } else {
      other_leases_.fetch_add(change, std::memory_order_release);
    }
  }

  std::atomic<std::uint32_t> threads{0};  ///< Working for it now.

 private:
  friend class UnitRegistry;
  std::atomic<std::uint64_t> id_{0};
  std::atomic<Unit*> root_{this};
  std::atomic<const ThreadCache*> owner_{nullptr};  // Of the thread that began it.
  // Taken less given back: by its owner's thread, and by all others. Each alone may be negative; their sum counts.
  std::atomic<std::int64_t> own_leases_{0};
  std::atomic<std::int64_t> other_leases_{0};
};

/// Begins a unit: within `outer`, or with one thread of its own. An empty name stands for "thread N".
[[nodiscard]] Unit& begin_unit(std::string_view name, Unit* outer = nullptr);
/// Ends it. What it still holds keeps its id, and is then known to be nobody's.
void end_unit(Unit& unit) noexcept;
/// The name of a unit, or nothing where it is not that unit any more.
[[nodiscard]] std::string unit_name(const Unit& unit, std::uint64_t id);

/// What a thread keeps at hand. Trivially destructible, so that reading it costs no guard.
struct ThreadCache {
  struct Hint {
    std::uint64_t pool = 0;
    Slot* slot = nullptr;
  };
  Unit* unit = nullptr;  ///< The one it works for now.
  /// The pool that the thread is giving a lease back to: it is not destroyed meanwhile.
  std::atomic<const void*> inside{nullptr};
  std::array<Hint, 4> hints = {};  ///< Per pool (id modulo 4) the slot it used last.
};

/// Waits until no thread but the calling one is inside `pool`.
void wait_until_nobody_is_inside(const void* pool) noexcept;

/// The calling thread's, with its own unit begun. The unit ends with the thread.
[[nodiscard]] ThreadCache& thread_cache();

}  // namespace lockkeeper::client
