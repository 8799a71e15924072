// The one guess from SQL text that the driver makes: whether a lost reply may have been a commit's.
#pragma once

#include <string_view>

namespace lockkeeper::client {

/// Whether the statement, sent inside an open transaction, may commit or prepare it.
[[nodiscard]] bool ends_transaction_with_commit(std::string_view sql);

/// Whether the statement, sent outside a transaction, surely commits nothing by itself (BEGIN, SET, SHOW ...).
[[nodiscard]] bool never_commits_by_itself(std::string_view sql);

}  // namespace lockkeeper::client
