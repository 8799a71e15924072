#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <ostream>
#include <thread>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"

namespace lockkeeper::cli {
namespace {

using Clock = std::chrono::steady_clock;

// One look, or looks at an even pace until the time is up. A look that fails while watching is tried again at the next
// turn: the server may only have been restarted. A slow look puts off those after it: they never pile up, so that
// watching a server that hangs takes no longer than the watch and two --timeouts, a glance's and the last look's.
model::Diagnosis examine(diagnose::Conductor& conductor, const DoctorRequest& request,
                         const std::function<void(const model::Diagnosis&, Clock::duration)>& progress) {
  const auto start = Clock::now();
  model::Diagnosis diagnosis = conductor.tick(request.common.timeout);
  bool judged = true;
  const auto end = start + request.watch;
  for (auto next = start + request.interval; next <= end; next = std::max(next + request.interval, Clock::now())) {
    progress(diagnosis, Clock::now() - start);
    while (Clock::now() < next && !Interrupt::requested()) {
      const auto slice = std::chrono::milliseconds(100);                    // so long a signal may go unheeded
      std::this_thread::sleep_until(std::min(next, Clock::now() + slice));  // tidy: waits for the next look's time
    }
    if (Interrupt::requested()) break;
    // Between the first look and the last, growth is all that is wanted: a glance is a third of the server's work.
    judged = diagnosis.failure.has_value() || next + request.interval > end;
    diagnosis = judged ? conductor.tick(request.common.timeout) : conductor.glance(request.common.timeout);
  }
  return judged ? diagnosis : conductor.tick(request.common.timeout);
}

void show_progress(World& world, const DoctorRequest& request, const model::Diagnosis& diagnosis,
                   Clock::duration since) {
  if (!world.error_is_terminal) return;
  const auto seconds = [](auto duration) { return std::chrono::duration_cast<std::chrono::seconds>(duration).count(); };
  world.error << fmt::format("\r\x1b[Kwatching: {} of {} s, {} looks, {} findings", seconds(since),
                             seconds(request.watch), diagnosis.looks, diagnosis.findings.size())
              << std::flush;
}

std::vector<model::Diagnosis> examine_all(const DoctorRequest& request, const diagnose::AppLogSource& app_logs,
                                          World& world) {
  const std::vector<std::string> urls = request.urls.empty() ? std::vector<std::string>{""} : request.urls;
  std::vector<model::Diagnosis> results(urls.size());
  const Interrupt interrupt;
  // One thread a server: one that hangs must not keep the others from being looked at.
  std::vector<std::jthread> threads;
  for (std::size_t index = 0; index < urls.size(); ++index) {
    const auto conductor = std::shared_ptr(world.open(urls[index], request.common.limits));
    if (app_logs) conductor->read_app_logs(app_logs);
    const bool shows = index == 0;
    threads.emplace_back([&, conductor, index, shows] {
      // What is thrown here (no memory, a bug) is this server's trouble: the others' results are kept.
      try {
        results[index] = examine(*conductor, request, [&](const auto& diagnosis, auto since) {
          if (shows) show_progress(world, request, diagnosis, since);
        });
      } catch (const std::exception& problem) {
        results[index].failure = {"internal", problem.what(), "This is a bug in Lockkeeper, or a lack of memory."};
      }
    });
  }
  threads.clear();  // joins
  if (world.error_is_terminal && request.watch > request.interval) world.error << "\r\x1b[K" << std::flush;
  return results;
}

}  // namespace

std::expected<diagnose::AppLogSource, int> open_app_logs(const std::vector<AppLogArgument>& files, bool is_shared,
                                                         diagnose::Duration timeout, World& world) {
  if (files.empty()) return diagnose::AppLogSource();
  auto logs = world.app_logs(files, is_shared, timeout);
  if (logs) return *std::move(logs);
  world.error << "error: " << logs.error() << '\n';
  return std::unexpected(static_cast<int>(Status::usage));
}

int doctor(const DoctorRequest& request, World& world) {
  const auto app_logs = open_app_logs(request.app_logs, request.urls.size() > 1, request.common.timeout, world);
  if (!app_logs) return app_logs.error();
  int status = Status::nothing_found;
  for (const auto& diagnosis : examine_all(request, *app_logs, world)) {
    status = std::max(status, present(diagnosis, request, world));
  }
  return delivered(world, status);
}

}  // namespace lockkeeper::cli
