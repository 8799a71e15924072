#include "model/recording.hpp"

namespace lockkeeper::model {

std::string_view to_string(ClientState state) noexcept {
  switch (state) {
    case ClientState::idle: return "idle";
    case ClientState::active: return "active";
    case ClientState::idle_in_transaction: return "idle in transaction";
    case ClientState::aborted_in_transaction: return "idle in transaction (aborted)";
    case ClientState::waiting: return "waiting";
  }
  return "";
}

std::string_view to_string(OddityKind kind) noexcept {
  switch (kind) {
    case OddityKind::foreign_commit: return "foreign_commit";
    case OddityKind::foreign_rollback: return "foreign_rollback";
    case OddityKind::begin_inside_transaction: return "begin_inside_transaction";
    case OddityKind::queue_timeout: return "queue_timeout";
  }
  return "";
}

std::string_view to_string(TransactionEnd end) noexcept {
  switch (end) {
    case TransactionEnd::committed: return "committed";
    case TransactionEnd::rolled_back: return "rolled_back";
    case TransactionEnd::abandoned: return "abandoned";
    case TransactionEnd::terminated: return "terminated";
    case TransactionEnd::unknown: return "unknown";
  }
  return "";
}

}  // namespace lockkeeper::model
