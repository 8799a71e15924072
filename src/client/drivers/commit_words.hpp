// What the driver guesses from the first word of a statement: whether a lost reply may have been a commit's, and
// whether the statement can be prepared. A wrong guess costs speed or certainty, never a result.
#pragma once

#include <string_view>

namespace lockkeeper::client {

/// Whether the statement, sent inside an open transaction, may commit or prepare it.
[[nodiscard]] bool ends_transaction_with_commit(std::string_view sql);

/// Whether the statement, sent outside a transaction, surely commits nothing by itself (BEGIN, SET, SHOW ...).
[[nodiscard]] bool never_commits_by_itself(std::string_view sql);

/// Whether it is SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES or WITH: what can be prepared and is worth it.
[[nodiscard]] bool reads_or_writes_rows(std::string_view sql);

}  // namespace lockkeeper::client
