#include "model/pool.hpp"

namespace lockkeeper::model {

std::string_view to_string(PoolTroubleKind kind) noexcept {
  switch (kind) {
    case PoolTroubleKind::connect_failed: return "connect_failed";
    case PoolTroubleKind::nested_acquire: return "nested_acquire";
    case PoolTroubleKind::leak: return "leak";
    case PoolTroubleKind::dirty_return: return "dirty_return";
    case PoolTroubleKind::acquire_timeout: return "acquire_timeout";
    case PoolTroubleKind::deadlock: return "deadlock";
    case PoolTroubleKind::reclaimed: return "reclaimed";
    case PoolTroubleKind::transaction_timeout: return "transaction_timeout";
    case PoolTroubleKind::abandoned_transaction: return "abandoned_transaction";
    case PoolTroubleKind::rollback_failed: return "rollback_failed";
    case PoolTroubleKind::unknown_commit: return "unknown_commit";
    case PoolTroubleKind::retry: return "retry";
    case PoolTroubleKind::callback_failed: return "callback_failed";
    case PoolTroubleKind::outbox_dead_letter: return "outbox_dead_letter";
    case PoolTroubleKind::detector_failed: return "detector_failed";
  }
  return "leak";
}

}  // namespace lockkeeper::model
