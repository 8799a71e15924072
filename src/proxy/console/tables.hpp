// From a view to columns and rows. Pure.
//
// Names and order of columns of what PgBouncer has too are those of its 1.2x series, since exporters read them; columns
// that have no meaning here are 0 or empty.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/console/command.hpp"
#include "proxy/console/view.hpp"

namespace lockkeeper::proxy::console {

/// nullopt: NULL.
using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

/// Empty: the command gives no rows.
[[nodiscard]] std::span<const std::string_view> columns_of(Kind kind) noexcept;

/// Of a command that has columns, but SHOW RECORDING, which has no view. Fails where it names what is not there.
[[nodiscard]] std::expected<Rows, Failure> rows_of(const Command& command, const View& view);

/// "17-4f2a": the client, and what tells its transactions apart.
[[nodiscard]] std::string transaction_name(std::uint64_t client, const model::TransactionId& id);

/// At most 200 characters, in one line.
[[nodiscard]] std::string shortened(std::string_view text);

/// "10.0.0.7:51234" apart; of a Unix socket "unix" and 0.
struct AddressParts {
  std::string host;
  std::string port;
};
[[nodiscard]] AddressParts address_parts(std::string_view address);

// Each in the file of its kind; rows_of chooses.
[[nodiscard]] Rows help_rows();
[[nodiscard]] Rows config_rows(const View& view);
[[nodiscard]] Rows database_rows(const View& view);
[[nodiscard]] Rows user_rows(const View& view);
[[nodiscard]] Rows pool_rows(const View& view);
[[nodiscard]] Rows list_rows(const View& view);
[[nodiscard]] Rows state_rows(const View& view);
[[nodiscard]] Rows client_rows(const View& view);
[[nodiscard]] Rows server_rows(const View& view);
[[nodiscard]] Rows stats_rows(const View& view);
[[nodiscard]] Rows stats_totals_rows(const View& view);
[[nodiscard]] Rows totals_rows(const View& view);
[[nodiscard]] Rows wait_rows(const View& view);
[[nodiscard]] Rows holder_rows(const View& view);
[[nodiscard]] Rows transaction_rows(const View& view);
[[nodiscard]] std::expected<Rows, Failure> statement_rows(const Command& command, const View& view);
[[nodiscard]] Rows finding_rows(const View& view);
/// A row for each line.
[[nodiscard]] Rows recording_rows(std::string_view lines);

}  // namespace lockkeeper::proxy::console
