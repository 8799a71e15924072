// One view of a server, made ready to be shown: rows of sessions with what matters about them, trees, findings.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/board.hpp"
#include "model/finding.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::cli::top {

/// In the order of how much they matter.
enum class Matter { root, idle_in_transaction, waiting, active, idle };

/// A session, or a prepared transaction for which somebody waits. Pointers are into the view.
struct Row {
  model::Holder who;
  const model::Session* session = nullptr;  ///< nullptr: a prepared transaction, or one that was not seen.
  Matter matter = Matter::idle;
  std::int64_t blocks = 0;                  ///< Behind it: of a root also through others, of others directly.
  std::string waits_for;                    ///< Pids; empty: it does not wait.
  model::Duration waited{};                 ///< Or, of one that does not wait, the longest wait behind it.
  const model::Finding* finding = nullptr;  ///< The worst that names it.
};

/// Immutable, as its view is.
struct Picture {
  std::shared_ptr<const diagnose::View> view;  ///< Never nullptr.
  std::vector<Row> rows;                       ///< What matters most comes first.
  std::vector<std::vector<model::WaitTreeLine>> trees;

  /// nullptr before the first look.
  [[nodiscard]] const model::Snapshot* seen() const noexcept { return view->observed.judged.get(); }
  [[nodiscard]] const Row* find(const model::Holder& who) const;
};

[[nodiscard]] Picture make_picture(std::shared_ptr<const diagnose::View> view);

/// How long it has been in its state.
[[nodiscard]] std::optional<model::Duration> state_age(const Row& row, const model::Snapshot& seen);
[[nodiscard]] std::optional<model::Duration> transaction_age(const Row& row, const model::Snapshot& seen);

/// "idle in tx", "waiting", "active", ...
[[nodiscard]] std::string state_word(const Row& row);

/// "4711", or "prepared".
[[nodiscard]] std::string pid_word(const model::Holder& who);

/// Six columns at most: "350ms", "4m12s", "23h59m", "3d4h".
[[nodiscard]] std::string short_age(model::Duration age);

}  // namespace lockkeeper::cli::top
