// Reads a file that somebody appends to, as `tail -F` does: over rotation, truncation, and times without a file.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>

#include "collect/applog/lines.hpp"
#include "model/time.hpp"

namespace lockkeeper::collect::applog {

/// Belongs to one thread. Never waits: a pipe that has nothing now is asked again at the next poll.
class Follower {
 public:
  enum class Begin {
    at_end,     ///< What is there already is no news. A file that comes later is read whole.
    at_history  ///< At most `most_history` bytes from the end.
  };
  static constexpr std::size_t most_history = 8 << 20;

  Follower(std::string path, Begin begin);
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower();

  /// Reads at most about so many bytes, whole lines. True: there is more, for the next call.
  bool poll(std::size_t most_bytes, const LineCutter::Each& each);

  /// The beginning of a line that has no end yet is told too: nothing more is waited for.
  void finish(const LineCutter::Each& each) { cutter_.finish(each); }

  /// Whether what was there at the beginning has been read: lines are news from then on.
  [[nodiscard]] bool is_news() const noexcept { return history_left_ == 0; }

  /// When the open file was written to last, by the clock of its machine; nullopt without a file.
  [[nodiscard]] std::optional<model::WallTime> written_at() const;

  /// What keeps it from being read, for a person; empty: nothing.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };

  bool open();
  void close() noexcept;
  [[nodiscard]] bool read_some(std::size_t most_bytes, const LineCutter::Each& each);
  [[nodiscard]] bool was_replaced() const;
  void notice_truncation(const LineCutter::Each& each);

  const std::string path_;
  Begin begin_;
  bool is_first_ = true;  // no file has been opened yet
  int file_ = -1;
  bool is_regular_ = false;
  Identity identity_;
  off_t position_ = 0;
  off_t history_left_ = 0;
  LineCutter cutter_;
  std::string trouble_;
};

}  // namespace lockkeeper::collect::applog
