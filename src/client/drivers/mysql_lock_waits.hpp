// Who waits for whom, by InnoDB's own tables.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <lockkeeper/connection.hpp>

namespace lockkeeper::client::mysql {

/// The statement that returns pairs of waiter and blocker, as connection ids. `waiters` must not be empty.
[[nodiscard]] std::string lock_waits_sql(Engine engine, std::span<const std::int64_t> waiters);

[[nodiscard]] std::vector<LockWait> read_lock_waits(const Rows& rows);

/// When this process may look next. MariaDB shows a snapshot of InnoDB's tables that it renews only after nobody has
/// looked at it for a tenth of a second: whoever looks more often sees the same for ever. `server` tells servers apart.
[[nodiscard]] Deadline reserve_look(const std::string& server);
/// A look has ended. The server may have looked at any time until now, so the next one's time counts from here.
void note_look(const std::string& server);

/// Whether the error says that the view does not exist here or may not be seen.
[[nodiscard]] bool is_hidden_view(const Error& error);

}  // namespace lockkeeper::client::mysql
