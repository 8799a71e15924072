#include "collect/postgres/recorder_console.hpp"

#include "collect/postgres/failures.hpp"

namespace lockkeeper::collect::postgres {

std::expected<std::string, model::LookFailure> read_recorder(Driver& driver, const std::string& url,
                                                             Deadline deadline) {
  bool connected = false;
  try {
    const auto console = driver.connect({.url = url, .prepared_statements = 0}, deadline);
    connected = true;
    const Rows rows = console->execute("SHOW RECORDING", deadline);
    std::string lines;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      lines += rows.cell(row, 0).value_or("");
      lines += '\n';
    }
    return lines;
  } catch (const Failure& failure) {
    auto told = explain(failure.error(), driver.public_url(url));
    if (connected && failure.error().blast == Blast::statement && told.code == to_string(ErrorCode::server_error)) {
      told.advice =
          "A recorder answers this on its console: the address of `lockkeeper run`, and pgbouncer as the URL's "
          "database, as in postgresql://app@127.0.0.1:6432/pgbouncer.";
    }
    return std::unexpected(std::move(told));
  }
}

}  // namespace lockkeeper::collect::postgres
