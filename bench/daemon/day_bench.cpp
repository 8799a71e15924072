// A day of the daemon's life, its time compressed: the crowd's snapshots go the way that a look goes (conductor, board,
// chronicle, history), second by second as fast as they can be judged. Told each hour: memory, CPU, the history's size.
//
// It is the daemon but for its threads, its sockets and the server's answers, which bench/daemon/run measures. Nothing
// is asserted: machines are noisy.
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

#include <lockkeeper/sqlite.hpp>

#include "crowd.hpp"
#include "diagnose/board.hpp"
#include "diagnose/chronicle.hpp"
#include "diagnose/conductor.hpp"
#include "report/kept_json.hpp"
#include "store/sqlite_history.hpp"

namespace lockkeeper::bench {
namespace {

class CrowdCollector : public collect::Collector {
 public:
  CrowdCollector(Crowd& crowd, const std::int64_t& second) : crowd_(crowd), second_(second) {}

  std::expected<model::Snapshot, model::LookFailure> look(Deadline) override { return crowd_.at(second_); }
  std::expected<model::Snapshot, model::LookFailure> glance(const collect::Noteworthy&, Deadline deadline) override {
    return look(deadline);
  }
  model::ActionResult terminate(const model::Guard&, Deadline, const collect::RollbackProgress&) override { return {}; }
  model::ActionResult cancel(const model::Guard&, Deadline) override { return {}; }
  std::string public_url() const override { return "postgres://10.0.0.5:5432/shop"; }

 private:
  Crowd& crowd_;
  const std::int64_t& second_;
};

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double resident_mib() {
  std::ifstream status("/proc/self/statm");
  long pages = 0;
  status >> pages >> pages;
  return static_cast<double>(pages) * 4096 / (1 << 20);
}

template <class Value>
Value checked(store::Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<Value>) return *std::move(result);
}

Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(60); }

struct Hour {
  double cpu = 0;  // at its beginning
  std::set<std::string> findings;
};

void tell(std::int64_t hour, Hour& seen, store::History& history, const diagnose::Conductor& conductor) {
  const double now = cpu_seconds();
  fmt::print("| {} | {:.1f} | {:.1f} | {:.2f} | {:.2f} | {} | {} |\n", hour, resident_mib(),
             static_cast<double>(::mallinfo2().uordblks) / (1 << 20),
             static_cast<double>(checked(history.size_bytes(soon()))) / (1 << 20), (now - seen.cpu) / 36,
             conductor.gaps().size(), fmt::join(seen.findings, ", "));
  std::fflush(stdout);
  seen = {.cpu = now, .findings = {}};
}

void run(std::int64_t hours, std::int64_t sessions, const std::filesystem::path& file) {
  const auto began = model::WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 29));
  std::int64_t second = 0;
  Crowd crowd(sessions, 1, began);
  const auto sqlite = make_sqlite_driver();
  const auto history = checked(store::open_sqlite_history(*sqlite, {.file = file}, soon()));
  diagnose::Conductor conductor(std::make_unique<CrowdCollector>(crowd, second), {});
  diagnose::Board board;
  diagnose::Chronicle chronicle(
      "main", {[](const auto& finding) { return report::finding_json(finding, "postgres://10.0.0.5/shop", {}); },
               [](const auto& over) { return report::transaction_json(over); }});
  fmt::print(
      "| hour | resident MiB | allocated MiB | history MiB | % of a core | shapes | findings |\n"
      "|---|---|---|---|---|---|---|\n");
  Hour hour{.cpu = cpu_seconds(), .findings = {}};
  for (second = 1; second <= hours * 3600; ++second) {
    const auto now = began + std::chrono::seconds(second);
    const auto view = diagnose::make_view("main", conductor, conductor.tick(std::chrono::seconds(1)), now);
    for (const auto& finding : view->diagnosis.findings) hour.findings.insert(finding.rule.value());
    board.publish(view);
    checked(history->append(chronicle.next(*view), soon()));
    if (second % 60 == 0) {
      checked(history->append(chronicle.learnt(conductor.gaps().states(), now), soon()));
      static_cast<void>(checked(history->trim(now, {}, soon())));
    }
    if (second % 3600 == 0) tell(second / 3600, hour, *history, conductor);
  }
}

}  // namespace
}  // namespace lockkeeper::bench

int main(int argc, char** argv) {
  CLI::App app("A day of the daemon's life, its time compressed");
  std::int64_t hours = 24;
  std::int64_t sessions = 500;
  std::string file = "day.sqlite";
  app.add_option("--hours", hours)->capture_default_str();
  app.add_option("--sessions", sessions)->capture_default_str();
  app.add_option("--file", file, "where the history goes")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    lockkeeper::bench::run(hours, sessions, file);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
