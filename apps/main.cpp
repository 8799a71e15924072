// With daemon.cpp the only file that knows every room: it puts them together and steps back.
#include <unistd.h>

#include <iostream>

#include "app_logs.hpp"
#include "build_facts.hpp"
#include "cli/run.hpp"
#include "collect/postgres/recorder_console.hpp"
#include "collectors.hpp"
#include "daemon.hpp"
#include "demo.hpp"
#include "history.hpp"
#include "leak_gate.hpp"
#include "rules/pool_advice.hpp"

int main(int argc, char** argv) {
  using namespace lockkeeper;
  const Collectors collectors;
  cli::World world{std::cout,
                   std::cerr,
                   isatty(STDOUT_FILENO) == 1,
                   isatty(STDERR_FILENO) == 1,
                   [&](std::string url, const diagnose::Limits& limits) {
                     return std::make_unique<diagnose::Conductor>(collectors.open(std::move(url)), limits);
                   },
                   [&](const std::string& url, diagnose::Duration timeout) {
                     return collect::postgres::read_recorder(collectors.postgres(), url,
                                                             std::chrono::steady_clock::now() + timeout);
                   },
                   [&](const cli::RunRequest& request) { return run_daemon(request, collectors); },
                   read_history,
                   read_app_logs,
                   run_suite,
                   rules::advise_pools,
                   [&](const cli::DemoRequest& request) { return play_demo(request, collectors); },
                   build_facts()};
  return cli::run(argc, argv, world);
}
