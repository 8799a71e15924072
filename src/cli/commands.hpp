// The commands, once their command line is understood.
#pragma once

#include "cli/request.hpp"
#include "cli/run.hpp"

namespace lockkeeper::cli {

[[nodiscard]] int advise(const AdviseRequest& request, World& world);
[[nodiscard]] int doctor(const DoctorRequest& request, World& world);
[[nodiscard]] int kill(const KillRequest& request, World& world);
[[nodiscard]] int top_command(const TopRequest& request, World& world);
[[nodiscard]] int dump(const DumpRequest& request, World& world);
[[nodiscard]] int history(const HistoryRequest& request, World& world);
[[nodiscard]] int replay(const ReplayRequest& request, World& world);
[[nodiscard]] int test(const TestRequest& request, World& world);

/// What --app-log names, empty where it names nothing; or the exit status, where what is wrong has been said.
[[nodiscard]] std::expected<diagnose::AppLogSource, int> open_app_logs(const std::vector<AppLogArgument>& files,
                                                                       bool is_shared, diagnose::Duration timeout,
                                                                       World& world);

/// Writes what was found as text or JSON, and returns the exit status that it gives.
[[nodiscard]] int present(const model::Diagnosis& diagnosis, const Judging& request, World& world);

/// 2 where the connection string, the environment or a service file is wrong, else 3: looking was tried in vain.
[[nodiscard]] int status_of_failure(const model::LookFailure& failure);

/// Whether to colour what goes to a stream, by request, NO_COLOR and kind of stream.
[[nodiscard]] bool colours(Colour colour, bool terminal);

/// Flushes the result; on a full disk or a closed pipe, says so and gives status 3 instead of `status`.
[[nodiscard]] int delivered(World& world, int status);

}  // namespace lockkeeper::cli
