// `test`: a suite behind a recorder, and what it left open.
#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>
#include <system_error>

#include "cli/commands.hpp"
#include "report/leak_gate.hpp"

namespace lockkeeper::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_baseline = std::size_t{16} << 20U;

std::string reason() { return std::generic_category().message(errno); }

std::expected<std::vector<model::LeakKey>, std::string> read_known(const TestRequest& request) {
  std::error_code absent;
  if (request.baseline.empty()) return {};
  if (!fs::exists(request.baseline, absent)) {
    if (request.write_baseline) return {};
    return std::unexpected(fmt::format("there is no baseline {}; --write-baseline makes it of what is found now",
                                       request.baseline.string()));
  }
  if (fs::file_size(request.baseline, absent) > longest_baseline)
    return std::unexpected(
        fmt::format("the baseline {} is larger than {} MiB", request.baseline.string(), longest_baseline >> 20U));
  std::ifstream file(request.baseline, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return std::unexpected(fmt::format("the baseline {} cannot be read", request.baseline.string()));
  auto known = report::read_baseline(text.view());
  if (!known)
    return std::unexpected(
        fmt::format("the baseline {} cannot be understood: {}", request.baseline.string(), known.error()));
  return known;
}

// In one piece or not at all: a suite's next run reads it.
bool write_whole(const fs::path& path, const std::string& text, World& world) {
  const fs::path fresh = path.string() + ".new";
  errno = 0;
  std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  std::error_code failed;
  if (file) fs::rename(fresh, path, failed);
  if (file && !failed) return true;
  world.error << fmt::format("error: {} could not be written: {}\n", path.string(),
                             failed ? failed.message() : reason());
  fs::remove(fresh, failed);
  return false;
}

bool write_files(const TestRequest& request, const model::GateReport& report, World& world) {
  bool written = request.junit.empty() || write_whole(request.junit, report::to_junit(report), world);
  if (request.write_baseline) written = write_whole(request.baseline, report::to_baseline(report), world) && written;
  return written;
}

// The suite's own verdict comes first: who calls us has to see it as if we were not there.
int status_of(const TestRequest& request, const TestedSuite& suite) {
  if (suite.status != 0) return suite.status;
  if (suite.report.fresh() > 0 && !request.write_baseline) return Status::found;
  return suite.report.facts_lost > 0 ? Status::not_observed : Status::nothing_found;
}

}  // namespace

int test(const TestRequest& request, World& world) {
  const auto known = read_known(request);
  if (!known) {
    world.error << "error: " << known.error() << '\n';
    return Status::usage;
  }
  const auto suite = world.test(request, *known);
  if (!suite) {
    world.error << "error: " << suite.error().message << '\n';
    return suite.error().status;
  }
  if (request.json) {
    world.out << report::to_json(suite->report, suite->status) << '\n';
  } else {
    report::Options options;
    options.colour = colours(request.colour, world.out_is_terminal);
    world.out << report::to_text(suite->report, options);
  }
  const bool written = write_files(request, suite->report, world);
  return delivered(world, written ? status_of(request, *suite) : static_cast<int>(Status::not_observed));
}

}  // namespace lockkeeper::cli
