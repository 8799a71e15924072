// Single findings and transactions as JSON: what a history keeps whole, and what an alert says.
#pragma once

#include <string>

#include "model/fact.hpp"
#include "model/finding.hpp"
#include "report/options.hpp"

namespace lockkeeper::report {

/// As in a diagnosis (docs/api.md). `url`: of the server, for the commands of its remedies.
[[nodiscard]] std::string finding_json(const model::Finding& finding, const std::string& url, const Options& options);

/// A transaction that is over, with what it ran: the lines of docs/http-api.md.
[[nodiscard]] std::string transaction_json(const model::TransactionOver& over);

struct AlertOf {
  const std::string& alert;
  const std::string& server;
  const std::string& url;
  const std::string& change;  ///< "opened", "changed", "closed"
  model::WallTime at;
};

/// What a webhook is sent: docs/http-api.md. `text` is for chats that show nothing else.
[[nodiscard]] std::string alert_json(const AlertOf& alert, const model::Finding& finding, const Options& options);

}  // namespace lockkeeper::report
