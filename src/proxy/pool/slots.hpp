// Things that live in slots, and lists threaded through the slots: nothing is allocated once the slots are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.hpp"

namespace lockkeeper::proxy::pool {

using SlotIndex = std::uint32_t;
inline constexpr SlotIndex no_slot = 0xffff'ffff;

/// Items with a `SlotIdentity identity`. An id is index and generation, so that the id of what is gone finds nothing.
struct SlotIdentity {
  std::uint64_t generation = 1;
  bool live = false;
};

template <class Item, class Id>
class SlotMap {
 public:
  SlotIndex insert() {
    if (free_.empty()) {
      // 24 bits of index leave 40 of generation: a slot used a thousand times a second repeats an id after 35 years.
      LK_ASSERT(items_.size() < (std::size_t{1} << index_bits));
      items_.emplace_back();
      free_.reserve(items_.size());
      free_.push_back(static_cast<SlotIndex>(items_.size() - 1));
    }
    const SlotIndex index = free_.back();
    free_.pop_back();
    items_[index].identity.live = true;
    return index;
  }

  void erase(SlotIndex index) {
    const std::uint64_t next = items_[index].identity.generation + 1;
    items_[index] = Item{};
    items_[index].identity.generation = next;
    free_.push_back(index);
  }

  [[nodiscard]] Id id(SlotIndex index) const {
    return Id((items_[index].identity.generation << index_bits) | std::uint64_t{index});
  }

  /// no_slot if it is gone or was never here.
  [[nodiscard]] SlotIndex find(Id id) const noexcept {
    const auto index = static_cast<SlotIndex>(id.value() & ((std::uint64_t{1} << index_bits) - 1));
    if (index >= items_.size()) return no_slot;
    const SlotIdentity& identity = items_[index].identity;
    return identity.live && identity.generation == id.value() >> index_bits ? index : no_slot;
  }

  Item& operator[](SlotIndex index) noexcept { return items_[index]; }
  const Item& operator[](SlotIndex index) const noexcept { return items_[index]; }

 private:
  static constexpr unsigned index_bits = 24;

  std::vector<Item> items_;
  std::vector<SlotIndex> free_;
};

struct Links {
  SlotIndex previous = no_slot;
  SlotIndex next = no_slot;
};

/// A list of slots; `links` is the member of the item that this list is threaded through.
template <auto links>
class SlotList {
 public:
  [[nodiscard]] SlotIndex front() const noexcept { return head_; }
  [[nodiscard]] SlotIndex back() const noexcept { return tail_; }
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  template <class Slots>
  void push_front(Slots& slots, SlotIndex index) noexcept {
    insert_after(slots, no_slot, index);
  }
  template <class Slots>
  void push_back(Slots& slots, SlotIndex index) noexcept {
    insert_after(slots, tail_, index);
  }
  /// `place` no_slot: at the front.
  template <class Slots>
  void insert_after(Slots& slots, SlotIndex place, SlotIndex index) noexcept {
    Links& mine = slots[index].*links;
    mine.previous = place;
    mine.next = place == no_slot ? head_ : (slots[place].*links).next;
    (mine.previous == no_slot ? head_ : (slots[mine.previous].*links).next) = index;
    (mine.next == no_slot ? tail_ : (slots[mine.next].*links).previous) = index;
    ++size_;
  }
  template <class Slots>
  void remove(Slots& slots, SlotIndex index) noexcept {
    Links& mine = slots[index].*links;
    (mine.previous == no_slot ? head_ : (slots[mine.previous].*links).next) = mine.next;
    (mine.next == no_slot ? tail_ : (slots[mine.next].*links).previous) = mine.previous;
    mine = Links{};
    --size_;
  }

 private:
  SlotIndex head_ = no_slot;
  SlotIndex tail_ = no_slot;
  std::uint32_t size_ = 0;
};

}  // namespace lockkeeper::proxy::pool
