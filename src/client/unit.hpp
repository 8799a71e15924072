// Units of work as the pool counts them, and what each thread keeps at hand.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace lockkeeper::client {

struct Slot;

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

  std::atomic<std::uint32_t> threads{0};  ///< Working for it now.
  std::atomic<std::int64_t> leases{0};    ///< Held by it, of all pools.

 private:
  friend class UnitRegistry;
  std::atomic<std::uint64_t> id_{0};
  std::atomic<Unit*> root_{this};
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
