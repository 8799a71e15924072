// A member that most of many objects do not have.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace lockkeeper::base {

/// An optional whose value lies on the heap: a pointer's size while there is none. Copies copy the value.
template <class Value>
class Rare {
 public:
  Rare() = default;
  Rare(std::nullopt_t) noexcept {}
  Rare(Value value) : value_(std::make_unique<Value>(std::move(value))) {}
  Rare(const Rare& other) : value_(other ? std::make_unique<Value>(*other) : nullptr) {}
  Rare(Rare&&) noexcept = default;
  Rare& operator=(Rare other) noexcept {
    value_.swap(other.value_);
    return *this;
  }
  ~Rare() = default;

  [[nodiscard]] bool has_value() const noexcept { return value_ != nullptr; }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] Value& operator*() noexcept { return *value_; }
  [[nodiscard]] const Value& operator*() const noexcept { return *value_; }
  [[nodiscard]] Value* operator->() noexcept { return value_.get(); }
  [[nodiscard]] const Value* operator->() const noexcept { return value_.get(); }
  /// Throws std::bad_optional_access where there is none.
  [[nodiscard]] Value& value() {
    if (!value_) throw std::bad_optional_access();
    return *value_;
  }
  template <class... Arguments>
  Value& emplace(Arguments&&... arguments) {
    value_ = std::make_unique<Value>(std::forward<Arguments>(arguments)...);
    return *value_;
  }
  void reset() noexcept { value_ = nullptr; }

 private:
  std::unique_ptr<Value> value_;
};

}  // namespace lockkeeper::base
