// Ids that do not mix: a session is never passed where a transaction is wanted.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <utility>

namespace lockkeeper::base {

/// A value of type Value that only equals and orders with others of the same Tag.
template <class Tag, class Value>
class StrongId {
 public:
  StrongId() = default;
  explicit constexpr StrongId(Value value) : value_(std::move(value)) {}

  [[nodiscard]] constexpr const Value& value() const noexcept { return value_; }

  friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;

 private:
  Value value_{};
};

}  // namespace lockkeeper::base

template <class Tag, class Value>
struct std::hash<lockkeeper::base::StrongId<Tag, Value>> {
  std::size_t operator()(const lockkeeper::base::StrongId<Tag, Value>& id) const noexcept {
    return std::hash<Value>{}(id.value());
  }
};
