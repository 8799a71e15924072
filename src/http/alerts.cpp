#include "http/alerts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <optional>
#include <thread>
#include <utility>

#include "base/mutex.hpp"
#include "http/alert_desk.hpp"
#include "report/kept_json.hpp"

namespace lockkeeper::http {

using Clock = std::chrono::steady_clock;

std::string alert_json(const std::string& alert, const std::string& server, const std::string& url,
                       const std::string& change, const model::Finding& finding, model::WallTime at,
                       const report::Options& options) {
  return report::alert_json({alert, server, url, change, at}, finding, options);
}

// One receiver: what it knows, and what it has yet to be told.
class Alerts::Receiver {
 public:
  Receiver(AlertTarget target, const AlertLimits& limits, const report::Options& options, const Log& log)
      : target_(std::move(target)),
        limits_(limits),
        options_(options),
        log_(log),
        desk_(target_.min_severity, target_.servers),
        thread_([this] { run(); }) {
    const base::Guard guard(mutex_);
    counts_.name = target_.name;
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  ~Receiver() {
    {
      const base::Guard guard(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    poster_.stop();
    thread_.join();
    const base::Guard guard(mutex_);
    if (!waiting_.empty())
      log_(true, fmt::format("alert {}: {} pieces of news were not sent any more", target_.name, waiting_.size()));
  }

  [[nodiscard]] const AlertTarget& target() const noexcept { return target_; }

  [[nodiscard]] report::AlertCounts counts() {
    const base::Guard guard(mutex_);
    counts_.waiting = waiting_.size();
    return counts_;
  }

  void look(const diagnose::View& view) {
    std::vector<AlertDesk::Told> news = desk_.look(view.name, view.diagnosis.findings);
    if (news.empty()) return;
    std::size_t dropped = 0;
    {
      const base::Guard guard(mutex_);
      for (const auto& [kind, finding] : news)
        waiting_.push_back({alert_json(target_.name, view.name, view.diagnosis.url, to_string(kind), finding,
                                       view.published_at, options_),
                            fmt::format("{} {}", finding.id.value(), to_string(kind)), Clock::now()});
      for (; waiting_.size() > limits_.most_waiting; ++dropped) waiting_.pop_front();
      counts_.dropped += dropped;
    }
    changed_.notify_all();
    if (dropped > 0)
      log_(true, fmt::format("alert {}: too much waits; {} old ones are dropped", target_.name, dropped));
  }

 private:
  struct News {
    std::string body;
    std::string what;
    Clock::time_point since;
  };

  void run() {
    while (const auto news = next()) deliver(*news);
  }

  std::optional<News> next() {
    base::Guard guard(mutex_);
    while (waiting_.empty() && !stopped_) changed_.wait(guard);
    if (stopped_) return std::nullopt;
    News news = std::move(waiting_.front());
    waiting_.pop_front();
    return news;
  }

  void deliver(const News& news) {
    auto pause = limits_.first_pause;
    for (int attempts = 1;; ++attempts) {
      const std::optional<Failure> failure = send(news);
      if (!failure) return note_success();
      note_failure(*failure);
      if (failure->is_final || Clock::now() + pause > news.since + limits_.give_up) {
        count(&report::AlertCounts::failed);
        return log_(true, fmt::format("alert {}: {} was not told, after {} attempts: {}", target_.name, news.what,
                                      attempts, failure->reason));
      }
      if (!wait(pause)) return;
      pause = std::min(pause * 2, limits_.longest_pause);
    }
  }

  struct Failure {
    std::string reason;
    bool is_final = false;  // Another attempt would be refused as well.
  };

  std::optional<Failure> send(const News& news) {
    Headers headers;
    if (!target_.token.empty()) headers.emplace_back("Authorization", "Bearer " + target_.token);
    const auto status = poster_.post(target_.url, headers, news.body, Clock::now() + limits_.post);
    if (!status) return Failure{status.error(), false};
    if (*status >= 200 && *status < 300) return std::nullopt;
    constexpr unsigned request_timeout = 408, too_many_requests = 429;
    const bool may_change = *status >= 500 || *status == request_timeout || *status == too_many_requests;
    return Failure{fmt::format("it answered with status {}", *status), !may_change};
  }

  void count(std::uint64_t report::AlertCounts::* what) {
    const base::Guard guard(mutex_);
    ++(counts_.*what);
  }

  void note_failure(const Failure& failure) {
    set_failing(true);
    if (std::exchange(failing_, true)) return;
    log_(true,
         fmt::format("alert {}: {}://{}:{} cannot be told: {}. It is tried again; this is said once until it works",
                     target_.name, target_.url.tls ? "https" : "http", target_.url.host, target_.url.port,
                     failure.reason));
  }

  void set_failing(bool failing) {
    const base::Guard guard(mutex_);
    counts_.failing = failing;
  }

  void note_success() {
    count(&report::AlertCounts::told);
    set_failing(false);
    if (std::exchange(failing_, false)) log_(false, fmt::format("alert {}: it can be told again", target_.name));
  }

  // False: stopped.
  bool wait(std::chrono::milliseconds pause) {
    const auto until = Clock::now() + pause;
    base::Guard guard(mutex_);
    while (!stopped_) {
      if (changed_.wait_until(guard, until) == std::cv_status::timeout) break;
    }
    return !stopped_;
  }

  const AlertTarget target_;
  const AlertLimits& limits_;
  const report::Options& options_;
  const Log& log_;
  AlertDesk desk_;
  Poster poster_;
  bool failing_ = false;
  base::Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<News> waiting_ LK_GUARDED_BY(mutex_);
  report::AlertCounts counts_ LK_GUARDED_BY(mutex_);
  bool stopped_ LK_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

Alerts::Alerts(AlertLimits limits, report::Options options, Log log)
    : limits_(limits), options_(std::move(options)), log_(std::move(log)) {}

Alerts::~Alerts() = default;

void Alerts::set_targets(const std::vector<AlertTarget>& targets) {
  std::vector<std::unique_ptr<Receiver>> gone;  // Ended without the lock: a name that is being resolved takes its time.
  const base::Guard guard(mutex_);
  std::vector<std::unique_ptr<Receiver>> now;
  for (const AlertTarget& target : targets) {
    const auto same = std::ranges::find_if(
        receivers_, [&](const auto& receiver) { return receiver != nullptr && receiver->target() == target; });
    now.push_back(same == receivers_.end() ? std::make_unique<Receiver>(target, limits_, options_, log_)
                                           : std::move(*same));
  }
  std::erase(receivers_, nullptr);
  gone = std::exchange(receivers_, std::move(now));
}

void Alerts::look(const diagnose::View& view) {
  const base::Guard guard(mutex_);
  for (const auto& receiver : receivers_) receiver->look(view);
}

std::vector<report::AlertCounts> Alerts::counts() {
  const base::Guard guard(mutex_);
  std::vector<report::AlertCounts> all;
  for (const auto& receiver : receivers_) all.push_back(receiver->counts());
  return all;
}

}  // namespace lockkeeper::http
