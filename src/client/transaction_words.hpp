// Which SQL texts would begin or end a transaction: refused from a borrower before they are sent. The text only
// predicts; what slips through is seen by the server's status.
#pragma once

#include <string_view>

namespace lockkeeper::client {

/// "COMMIT", "ROLLBACK", "BEGIN", ... where the statement is one of them in PostgreSQL, MySQL, MariaDB or SQLite, else
/// empty. Savepoints and prepared transactions of others (COMMIT PREPARED) are none.
[[nodiscard]] std::string_view transaction_word(std::string_view sql) noexcept;

}  // namespace lockkeeper::client
