// The lists that are open at one place of a text, and which of their elements repeat.
//
// The bytes compared for nested lists add up to at most twice the text: an element that is compared has an
// equally long neighbour, so whatever contains both is at least twice as long.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>

#include "sql/canonical.hpp"
#include "sql/readable.hpp"

namespace lockkeeper::sql {

class ListStack {
 public:
  /// Where the canonical bytes of the last kept element end.
  struct Kept {
    char* begin;
    char* end;
    Readable::Mark mark;
  };

  explicit ListStack(char* start) noexcept {
    frames_[0] = {};
    frames_[0].element = start;
  }

  [[nodiscard]] std::size_t depth() const noexcept { return depth_; }

  /// A parenthesis or bracket has been written; the list inside it begins at `out`.
  void open(char* out) noexcept {
    if (tracked()) {
      Frame& outer = frame();
      outer.begins_with_group = outer.begins_with_group || begins_group(outer, out - 2);
    }
    ++depth_;
    if (!tracked()) return;
    frame() = {};
    frame().element = out;
    frame().bare = true;
  }

  /// A parenthesis too many closes nothing.
  void close() noexcept {
    if (depth_ == 0) return;
    const bool literal = tracked() && frame().any_literal;
    --depth_;
    if (tracked() && literal) this->literal();
  }

  /// A comma has been written: the next element begins at `out`.
  void next(char* out) noexcept {
    if (!tracked()) return;
    Frame& list = frame();
    list.element = out;
    list.has_literal = false;
    list.begins_with_group = false;
  }

  /// A clause word has been written: another list begins, whose elements are not bare.
  void restart(char* out) noexcept {
    next(out);
    if (!tracked()) return;
    frame().bare = false;
    frame().kept = {};
  }

  void literal() noexcept {
    if (!tracked()) return;
    frame().has_literal = true;
    frame().any_literal = true;
  }

  /// The element ends at `out`. If it repeats the one before, returns that one: cut back to its end.
  const Kept* finish(char* out, const Readable::Mark& mark) noexcept {
    if (!tracked()) return nullptr;
    Frame& list = frame();
    const auto size = static_cast<std::size_t>(out - list.element);
    const bool foldable = (list.bare && list.has_literal) || list.begins_with_group;
    if (foldable && list.kept.begin != nullptr && size == static_cast<std::size_t>(list.kept.end - list.kept.begin) &&
        same(list.kept.begin, list.element, size)) {
      return &list.kept;
    }
    list.kept = {list.element, out, mark};
    return nullptr;
  }

 private:
  // No initial values: a frame is set when its parenthesis opens, not 65 frames for every text.
  struct Frame {
    char* element;  // where the current element begins
    Kept kept;      // the element before it
    bool bare;      // elements stand directly in the parenthesis: (1, 2), not (SELECT 1, 2)
    bool has_literal;
    bool any_literal;
    bool begins_with_group;
  };

  // A lone literal is the common case, and a call costs more than its one byte before the space.
  static bool same(const char* left, const char* right, std::size_t size) noexcept {
    return *left == *right && (size == 2 || std::memcmp(left, right, size) == 0);
  }

  [[nodiscard]] bool tracked() const noexcept { return depth_ < frames_.size(); }
  Frame& frame() noexcept { return frames_[depth_]; }

  // (1, 2) and MySQL's ROW(1, 2).
  static bool begins_group(const Frame& outer, const char* parenthesis) noexcept {
    const auto before = parenthesis - outer.element;
    return before == 0 || (before == 4 && std::memcmp(outer.element, "row ", 4) == 0);
  }

  std::array<Frame, max_list_depth + 1> frames_;
  std::size_t depth_ = 0;
};

}  // namespace lockkeeper::sql
