// The columns of the list of sessions: which there are at which width, and what is in them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/top/picture.hpp"
#include "cli/top/screen.hpp"
#include "cli/top/state.hpp"
#include "model/engine.hpp"

namespace lockkeeper::cli::top {

struct Column {
  enum class What {
    pid,
    application,
    user,
    database,
    client,
    state,
    transaction,
    age,
    blocks,
    waits_for,
    rows,
    finding,
    statement
  };
  What what;
  std::size_t width;
  bool is_number = false;
};

[[nodiscard]] std::vector<Column> session_columns(std::size_t width, model::Engine engine);

/// The column that the list is sorted by is marked.
[[nodiscard]] Line session_heading(const std::vector<Column>& columns, Order order, std::size_t width);

/// Without the cursor before it.
[[nodiscard]] Line session_line(const Row& row, const model::Snapshot& seen, const std::vector<Column>& columns);

}  // namespace lockkeeper::cli::top
