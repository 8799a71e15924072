// What a person is told where servers differ: the one place of the rules that knows them apart. The rules themselves
// judge alike.
#pragma once

#include <string>
#include <string_view>

#include "model/snapshot.hpp"

namespace lockkeeper::rules {

struct EngineWords {
  std::string_view unfinished_prepared;  ///< "... and waits for its COMMIT PREPARED or ROLLBACK PREPARED"
  std::string_view finish_prepared;      ///< How a root that is a prepared transaction is got rid of.
  std::string_view orphan_explanation;   ///< What an unfinished prepared transaction does.
  std::string_view orphan_fix;
  std::string_view prepared_committed;    ///< "COMMIT PREPARED"
  std::string_view session_lock_mistake;  ///< An idle session without a transaction is in the way.
  std::string_view session_lock_fix;
  std::string_view give_up_soon;  ///< How schema changes are kept from queueing.
  std::string_view ring_explanation;
  std::string_view ring_fix;
  std::string_view long_explanation;  ///< What a transaction that stays open costs.
  std::string_view long_fix;
  std::string_view begin_inside;  ///< What a BEGIN inside a transaction did.
  std::string_view end_outside;   ///< How the server answers a COMMIT or ROLLBACK without one.
  std::string_view refused;       ///< What clients are told when all connections are taken.
};
[[nodiscard]] const EngineWords& words_of(model::Engine engine);

/// "'gid'": the prepared transaction as a person reads it, and as SQL takes it.
[[nodiscard]] std::string prepared_name(model::Engine engine, const std::string& gid);

/// The statement that rolls it back. Where its name is not known for sure, the one that lists them.
[[nodiscard]] std::string roll_back_prepared(const model::Snapshot& snapshot, const std::string& gid);

/// The grant with which the observer would see what sessions do.
[[nodiscard]] std::string grant_to_see(const model::Snapshot& snapshot);

/// A setting that ends the user's idle transactions by itself, as the end of a fix; empty where there is none.
[[nodiscard]] std::string idle_net(model::Engine engine, const model::Session& session);

}  // namespace lockkeeper::rules
