// Whether a session is still what an action was decided on, and how far its rollback is. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "model/guard.hpp"

namespace lockkeeper::collect::mysql {

/// The two servers tell times as whole seconds here and there, rounded by different clocks: they are the same up to
/// this. Who has run a statement in between has been silent for a shorter time now, by all that it had been silent
/// before.
inline constexpr model::Duration same_time = std::chrono::milliseconds(1'500);

[[nodiscard]] bool still_as(const model::Guard& guard, const model::Session& session);

/// Follows the rollback of one session that was killed.
class RollbackWatch {
 public:
  explicit RollbackWatch(model::SessionId session) : session_(session) {}

  /// nullopt: nothing is being undone.
  [[nodiscard]] std::optional<model::Rollback> see(const model::Session& session,
                                                   std::chrono::steady_clock::time_point now);

  /// Whether there was less left at the last sight than at the one before.
  [[nodiscard]] bool advanced() const noexcept { return advanced_; }

 private:
  model::SessionId session_;
  std::optional<std::int64_t> first_rows_;
  std::int64_t last_rows_ = 0;
  std::chrono::steady_clock::time_point first_seen_{};
  bool advanced_ = false;
};

}  // namespace lockkeeper::collect::mysql
