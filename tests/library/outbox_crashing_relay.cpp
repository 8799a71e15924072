// A relay that dies between the effect and its outcome, as a process does: without a word.
//
//   outbox_crashing_relay postgres|mysql|sqlite URL EFFECTS
//
// Delivers one message: appends its idempotency key to the file EFFECTS, and ends with status 9. Status 1: nothing
// came within half a minute.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <thread>

#include <lockkeeper/mysql.hpp>
#include <lockkeeper/outbox.hpp>
#include <lockkeeper/postgres.hpp>
#include <lockkeeper/sqlite.hpp>

namespace {

using namespace lockkeeper;

constexpr int died_as_planned = 9;

[[noreturn]] void die_after_the_effect(const char* effects, const std::string& idempotency_key) {
  const std::string line = idempotency_key + "\n";
  const int file = ::open(effects, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  const bool written = file >= 0 && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  ::_exit(written ? died_as_planned : 1);
}

void run(const std::string& engine, const std::string& url, const char* effects) {
  const std::map<std::string, std::unique_ptr<Driver> (*)()> drivers = {
      {"postgres", make_postgres_driver}, {"mysql", make_mysql_driver}, {"sqlite", make_sqlite_driver}};
  Database db(drivers.at(engine)(), {.url = url}, {.name = "crashing", .maximum_size = 2});
  OutboxRelaySettings settings;
  settings.delivery_timeout = std::chrono::milliseconds(200);
  settings.database_timeout = std::chrono::milliseconds(1'000);
  settings.claim_time = std::chrono::milliseconds(2'200);
  const OutboxRelay relay(db, settings, [&](const OutboxMessage& message, Deadline) -> DeliveryResult {
    die_after_the_effect(effects, message.idempotency_key);
  });
  std::this_thread::sleep_for(std::chrono::seconds(30));  // tidy: the end comes from the relay's thread
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: outbox_crashing_relay postgres|mysql|sqlite URL EFFECTS\n");
    return 2;
  }
  try {
    run(arguments[1], arguments[2], arguments[3]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  return 1;
}
