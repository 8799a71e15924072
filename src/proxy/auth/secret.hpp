// Texts and keys that do not stay in memory: wiped when they are destroyed, moved away or replaced.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace lockkeeper::proxy {

/// Overwrites, whatever the optimiser thinks of it.
void wipe(void* bytes, std::size_t size) noexcept;
/// The text and all that its buffer still holds; empty afterwards.
void wipe(std::string& text) noexcept;

/// A password, or a hash that is as good as one. Never printed: there is no operator<<.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(text) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
  Secret& operator=(const Secret& other) {
    if (this != &other) *this = Secret(other);
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    text_.swap(other.text_);
    if (this != &other) wipe(other.text_);
    return *this;
  }
  ~Secret() { wipe(text_); }

  [[nodiscard]] std::string_view view() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  /// Takes a time that depends on the lengths alone.
  [[nodiscard]] bool operator==(const Secret& other) const noexcept;

 private:
  std::string text_;
};

inline constexpr std::size_t key_size = 32;  ///< SHA-256.

/// A key of SCRAM-SHA-256.
struct Key {
  std::array<unsigned char, key_size> bytes{};

  Key() = default;
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key() { wipe(bytes.data(), bytes.size()); }

  [[nodiscard]] std::string_view view() const noexcept;
  /// Takes the same time for all keys.
  [[nodiscard]] bool operator==(const Key& other) const noexcept;
};

}  // namespace lockkeeper::proxy
