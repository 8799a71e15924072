// One descriptor that is not a stream, watched by a loop: a listening socket, a connect under way.
#pragma once

namespace lockkeeper::io {

class Watcher {
 public:
  /// Something may have changed: edges, not levels. Called while the loop takes what the kernel has; no task runs then.
  virtual void ready() noexcept = 0;

 protected:
  ~Watcher() = default;
};

enum class WatchFor { readable, writable };

/// Destroying it ends the watching; before the descriptor is closed.
class Watch {
 public:
  virtual ~Watch() = default;
};

}  // namespace lockkeeper::io
