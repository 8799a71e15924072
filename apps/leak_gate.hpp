// `lockkeeper test`: a suite between start and end, with a recorder between it and its database.
#pragma once

#include <expected>
#include <vector>

#include "cli/run.hpp"
#include "cli/test_request.hpp"

namespace lockkeeper {

[[nodiscard]] std::expected<cli::TestedSuite, cli::SuiteFailure> run_suite(const cli::TestRequest& request,
                                                                           const std::vector<model::LeakKey>& known);

}  // namespace lockkeeper
