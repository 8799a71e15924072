#include <lockkeeper/pool_settings.hpp>

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include <lockkeeper/error.hpp>

namespace lockkeeper {
namespace {

using std::chrono::milliseconds;

class Complaints {
 public:
  void unless(bool right, std::string complaint) {
    if (!right) complaints_.push_back(std::move(complaint));
  }
  void positive(std::string_view name, milliseconds value) {
    unless(value.count() > 0, fmt::format("{} is {} ms, and must be more than 0", name, value.count()));
  }
  void not_negative(std::string_view name, milliseconds value) {
    unless(value.count() >= 0, fmt::format("{} is {} ms, and cannot be negative (0 is off)", name, value.count()));
  }
  /// Both switched on, and the first not below the second.
  void below(std::string_view name, milliseconds value, std::string_view limit_name, milliseconds limit,
             std::string_view why) {
    unless(value.count() <= 0 || limit.count() <= 0 || value < limit,
           fmt::format("{} ({} ms) must be less than {} ({} ms): {}", name, value.count(), limit_name, limit.count(),
                       why));
  }
  void report(const std::string& pool) const {
    if (complaints_.empty()) return;
    throw Failure({ErrorCode::configuration, "",
                   fmt::format("the settings of pool \"{}\" are wrong:\n  {}", pool, fmt::join(complaints_, "\n  ")),
                   Blast::statement});
  }

 private:
  std::vector<std::string> complaints_;
};

}  // namespace

void check(const PoolSettings& settings) {
  constexpr std::size_t most = 10'000;
  Complaints complaints;
  complaints.unless(!settings.name.empty(), "name is empty; events and metrics are told apart by it");
  complaints.unless(settings.maximum_size >= 1 && settings.maximum_size <= most,
                    fmt::format("maximum_size is {}, and must be 1 to {}", settings.maximum_size, most));
  complaints.unless(settings.minimum_idle.value_or(0) <= settings.maximum_size,
                    fmt::format("minimum_idle ({}) is more than maximum_size ({}): so many can never be idle",
                                settings.minimum_idle.value_or(0), settings.maximum_size));
  complaints.unless(settings.maximum_waiting >= 1, "maximum_waiting is 0: nobody could ever wait for a connection");
  complaints.positive("acquire_timeout", settings.acquire_timeout);
  complaints.positive("connect_timeout", settings.connect_timeout);
  complaints.positive("validation_timeout", settings.validation_timeout);
  complaints.positive("rollback_timeout", settings.rollback_timeout);
  complaints.positive("lock_wait_threshold", settings.lock_wait_threshold);
  complaints.not_negative("idle_timeout", settings.idle_timeout);
  complaints.not_negative("max_lifetime", settings.max_lifetime);
  complaints.not_negative("keepalive", settings.keepalive);
  complaints.not_negative("validation_window", settings.validation_window);
  complaints.not_negative("statement_timeout", settings.statement_timeout);
  complaints.not_negative("leak.after", settings.leak.after);
  complaints.not_negative("initial_timeout", settings.initial_timeout);
  complaints.not_negative("metrics_interval", settings.metrics_interval);
  complaints.below("idle_timeout", settings.idle_timeout, "max_lifetime", settings.max_lifetime,
                   "a connection would always be retired before it could be found idle");
  complaints.below("keepalive", settings.keepalive, "max_lifetime", settings.max_lifetime,
                   "a connection would always be retired before its first ping");
  complaints.unless(
      settings.validation_timeout <= settings.acquire_timeout,
      fmt::format("validation_timeout ({} ms) is more than acquire_timeout ({} ms): one dead connection would "
                  "use up the whole wait",
                  settings.validation_timeout.count(), settings.acquire_timeout.count()));
  complaints.unless(settings.leak.action == LeakAction::report || settings.leak.after.count() > 0,
                    "leak.action says what to do with a leak, but leak.after is 0, which switches leak detection off");
  complaints.report(settings.name);
}

}  // namespace lockkeeper
