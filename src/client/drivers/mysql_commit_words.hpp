// The one guess from SQL text that the driver makes: whether a lost reply may have been a commit's.
// Not PostgreSQL's words (commit_words.hpp): here most statements outside the data language commit.
#pragma once

#include <string_view>

namespace lockkeeper::client::mysql {

/// Whether the statement, sent inside an open transaction, may end it, COMMIT and implicit commits included.
[[nodiscard]] bool may_end_transaction(std::string_view sql);

/// Whether the statement, sent outside a transaction, surely commits nothing by itself (BEGIN, SHOW, SET ...).
[[nodiscard]] bool never_commits_by_itself(std::string_view sql);

}  // namespace lockkeeper::client::mysql
