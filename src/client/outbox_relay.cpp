// A relay as its owner sees it, and its settings.
#include <fmt/format.h>

#include <lockkeeper/outbox.hpp>

#include "client/outbox_relay_body.hpp"

namespace lockkeeper {
namespace {

using std::chrono::milliseconds;

class Complaints {
 public:
  void add(bool wrong, std::string_view text) {
    if (!wrong) return;
    if (!text_.empty()) text_ += '\n';
    text_ += text;
  }
  void check_time(std::string_view name, milliseconds value) {
    constexpr milliseconds most = std::chrono::days(365);
    add(value <= milliseconds(0) || value > most,
        fmt::format("{} is {} ms; it must be more than 0 and at most 365 days", name, value.count()));
  }
  void raise() const {
    if (text_.empty()) return;
    throw Failure({ErrorCode::configuration, "", "outbox relay: " + text_, Blast::statement});
  }

 private:
  std::string text_;
};

}  // namespace

void check(const OutboxRelaySettings& settings) {
  constexpr unsigned most_threads = 256;
  constexpr std::size_t most_messages = 1'000;
  constexpr unsigned most_attempts = 1'000'000;
  Complaints complaints;
  complaints.add(settings.threads < 1 || settings.threads > most_threads,
                 fmt::format("threads is {}; 1 to {} are possible", settings.threads, most_threads));
  complaints.add(settings.batch < 1 || settings.batch > most_messages,
                 fmt::format("batch is {}; 1 to {} are possible", settings.batch, most_messages));
  complaints.add(settings.attempts < 1 || settings.attempts > most_attempts,
                 fmt::format("attempts is {}; 1 to {} are possible", settings.attempts, most_attempts));
  complaints.check_time("delivery_timeout", settings.delivery_timeout);
  complaints.check_time("claim_time", settings.claim_time);
  complaints.check_time("database_timeout", settings.database_timeout);
  complaints.check_time("poll_interval", settings.poll_interval);
  complaints.check_time("first_pause", settings.first_pause);
  complaints.check_time("longest_pause", settings.longest_pause);
  complaints.check_time("stop_timeout", settings.stop_timeout);
  complaints.raise();
  const milliseconds least = settings.delivery_timeout + 2 * settings.database_timeout;
  complaints.add(settings.claim_time < least,
                 fmt::format("claim_time is {} ms; a delivery and the writing before and after it may take {} ms "
                             "(delivery_timeout + 2 * database_timeout), and its claim must last so long",
                             settings.claim_time.count(), least.count()));
  complaints.add(settings.longest_pause < settings.first_pause,
                 fmt::format("longest_pause ({} ms) is shorter than first_pause ({} ms)",
                             settings.longest_pause.count(), settings.first_pause.count()));
  complaints.raise();
}

OutboxRelay::OutboxRelay(Database& db, OutboxRelaySettings settings, Deliverer deliver) {
  check(settings);
  if (!deliver) {
    throw Failure({ErrorCode::configuration, "", "outbox relay: the deliverer is empty", Blast::statement});
  }
  body_ = std::make_unique<client::OutboxRelayBody>(db, std::move(settings), std::move(deliver));
}

OutboxRelay::~OutboxRelay() = default;

std::vector<std::int64_t> OutboxRelay::stop(Deadline deadline) { return body_->stop(deadline); }

void OutboxRelay::wake() noexcept { body_->wake(); }

OutboxRelayMetrics OutboxRelay::metrics() const noexcept { return body_->metrics(); }

}  // namespace lockkeeper
