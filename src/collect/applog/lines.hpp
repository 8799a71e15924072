// Bytes to lines.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace lockkeeper::collect::applog {

/// Cuts what comes in pieces into lines. Of a line that is too long, the beginning is kept. NULs are left out: a file
/// that was cut while it was written to has a hole of them.
class LineCutter {
 public:
  /// A stack trace in one JSON line takes some ten kilobytes.
  static constexpr std::size_t longest_line = 65'536;

  using Each = std::function<void(std::string_view line)>;

  void add(std::string_view bytes, const Each& each);

  /// What has no end yet is a line too: nothing will follow.
  void finish(const Each& each);

  /// What has no end yet is forgotten, and so is the rest of its line.
  void skip_to_next_line() noexcept;

 private:
  void end_line(const Each& each);

  std::string line_;
  bool skipping_ = false;
};

}  // namespace lockkeeper::collect::applog
