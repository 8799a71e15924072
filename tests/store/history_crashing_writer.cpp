// Writes a history until it is killed.
//
//   history_crashing_writer FILE LOG
//
// Adds a sample every few milliseconds, of its wall clock's time, `clients` counting from 1, and appends a line
// "CLIENTS MICROSECONDS" to LOG before each.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include <lockkeeper/sqlite.hpp>

#include "store/history_writer.hpp"
#include "store/sqlite_history.hpp"

int main(int count, char** arguments) {
  using namespace lockkeeper;
  if (count != 3) {
    std::fprintf(stderr, "usage: history_crashing_writer FILE LOG\n");
    return 2;
  }
  const auto driver = make_sqlite_driver();
  const store::SqliteHistoryOptions options{.file = arguments[1]};
  store::HistoryWriter writer([&](Deadline deadline) { return store::open_sqlite_history(*driver, options, deadline); },
                              {}, [](bool, const std::string& message) { std::puts(message.c_str()); });
  const int log = ::open(arguments[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  for (std::int64_t number = 1;; ++number) {
    const auto now = std::chrono::floor<model::Duration>(std::chrono::system_clock::now());
    const std::string line = fmt::format("{} {}\n", number, now.time_since_epoch().count());
    if (::write(log, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return 1;
    writer.add({.samples = {{.at = now, .server = "main", .clients = number}}});
    std::this_thread::sleep_for(std::chrono::milliseconds(3));  // tidy: the pace of what is written, not a wait
  }
}
