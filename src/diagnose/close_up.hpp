// What a face shows of one view when somebody looks closer; not made with every look, for that would cost all of them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/board.hpp"
#include "model/finding.hpp"

namespace lockkeeper::diagnose {

/// The trees of who waits behind whom, those with the most behind their root first, rings among them. At most `most`
/// waiters are drawn below one holder, the rest is counted.
[[nodiscard]] std::vector<std::vector<model::WaitTreeLine>> wait_trees(const View& view, std::size_t most);

/// All that is known of one session.
struct CloseUp {
  model::Session session;
  /// Who it is, what it has open and holds, whom it waits for and who waits behind it; its open transaction's
  /// statements in order, as far as anybody kept them.
  model::Evidence evidence;
  std::string caveat;  ///< Why there are not more statements; empty: these are all.
};

/// nullopt: there is no such session in the view.
[[nodiscard]] std::optional<CloseUp> close_up(const View& view, const model::SessionId& id);

}  // namespace lockkeeper::diagnose
