// Sockets whose owners have left: each is kept until its last bytes have been taken, or its deadline.
#pragma once

#include <memory>
#include <vector>

#include "io/loop.hpp"
#include "io/task.hpp"

namespace lockkeeper::io {

class ClosingSockets {
 public:
  void add(Loop& loop, std::unique_ptr<Socket> socket, TimePoint deadline);
  /// Lets go of those that are done. Never from within a task.
  void sweep();
  void clear() { entries_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  class Entry;
  struct Delete {
    void operator()(Entry* entry) const noexcept;
  };
  std::vector<std::unique_ptr<Entry, Delete>> entries_;
  std::size_t done_ = 0;
};

}  // namespace lockkeeper::io
