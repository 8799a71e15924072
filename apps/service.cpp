#include "service.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include <lockkeeper/sqlite.hpp>

#include "base/version.hpp"
#include "diagnose/conductor.hpp"
#include "log.hpp"
#include "policies.hpp"
#include "report/history_json.hpp"
#include "report/kept_json.hpp"
#include "report/recording_json.hpp"
#include "store/sqlite_history.hpp"
#include "web/web_files.hpp"

namespace lockkeeper {
namespace {

using diagnose::Duration;

constexpr diagnose::WatchSettings once_a_second{};
constexpr std::chrono::seconds history_patience{5};
constexpr std::chrono::seconds keep_shapes_every{60};  // What a crash costs of what was learnt.

model::WallTime wall_now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

Deadline soon() { return std::chrono::steady_clock::now() + history_patience; }

std::chrono::milliseconds in_milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

// Tells once that a server cannot be looked at, and why, and once that it can again.
class LookLog {
 public:
  explicit LookLog(std::string server) : server_(std::move(server)) {}

  void tell(const std::optional<model::LookFailure>& failure) {
    const std::string now = failure ? fmt::format("{}. {}", failure->message, failure->advice) : "";
    if (now == told_) return;
    told_ = now;
    if (failure) {
      log_line(LogLevel::warning, fmt::format("{}: the server cannot be looked at: {}", server_, now));
    } else {
      log_line(LogLevel::info, fmt::format("{}: the server can be looked at again", server_));
    }
  }

 private:
  std::string server_;
  std::string told_;
};

// What somebody has to mend, and what no waiting will.
bool is_mistake(ErrorCode code) {
  return code == ErrorCode::configuration || code == ErrorCode::protocol || code == ErrorCode::permission ||
         code == ErrorCode::unknown_database;
}

void log_alert(bool is_error, const std::string& text) { log_line(is_error ? LogLevel::error : LogLevel::info, text); }

// What several servers' findings are together, for the console.
model::Diagnosis merged(const std::map<std::string, model::Diagnosis>& all) {
  model::Diagnosis result = all.begin()->second;
  for (auto next = std::next(all.begin()); next != all.end(); ++next) {
    std::ranges::copy(next->second.findings, std::back_inserter(result.findings));
    std::ranges::copy(next->second.missing, std::back_inserter(result.missing));
  }
  return result;
}

}  // namespace

struct Service::Desk {
  Desk(const WatchedServer& watched, diagnose::ChronicleWords words)
      : server(watched), log(watched.name), chronicle(watched.name, std::move(words)) {}

  WatchedServer server;
  LookLog log;
  diagnose::Chronicle chronicle;
  std::chrono::steady_clock::time_point shapes_kept_at = std::chrono::steady_clock::now();
};

std::expected<std::unique_ptr<Service>, std::string> Service::start(const cli::RunRequest& request,
                                                                    const proxy::Config& config,
                                                                    const Collectors& collectors,
                                                                    proxy::Proxy* running) {
  std::unique_ptr<Service> service(new Service(request, config, collectors, running));
  std::string wrong = service->open_history();
  if (const std::string http = service->open_http(); !http.empty()) wrong += (wrong.empty() ? "" : "\n") + http;
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  for (const WatchedServer& server : service->servers_) service->watch(server);
  return service;
}

Service::Service(const cli::RunRequest& request, const proxy::Config& config, const Collectors& collectors,
                 proxy::Proxy* running)
    : request_(request),
      config_(config),
      collectors_(collectors),
      running_(running),
      started_at_(wall_now()),
      servers_(watched_servers(request, config)),
      sqlite_(make_sqlite_driver()),
      alerts_(std::make_unique<http::Alerts>(http::AlertLimits{}, report::Options{}, log_alert)),
      deeds_(std::make_unique<Deeds>(collectors, board_, request.common.limits, request.audit,
                                     Deeds::Hooks{[this](const auto& server, const auto& sessions) {
                                                    const std::lock_guard guard(ending_mutex_);
                                                    std::ranges::copy(sessions, std::back_inserter(ending_[server]));
                                                  },
                                                  [this](const auto& server, const auto& actor, const auto& report) {
                                                    after_deed(server, actor, report);
                                                  }})) {
  for (const WebFile& file : web_files())
    dashboard_.push_back({.path = file.path, .content_type = file.content_type, .bytes = file.body, .etag = file.etag});
  for (const WatchedServer& server : servers_) {
    board_.expect(server.name, server.url.empty() ? "" : collectors.open(server.url)->public_url());
    if (!server.url.empty()) deeds_->know(server.name, server.url);
  }
  std::vector<cli::AppLogArgument> logs = request.app_logs;
  for (const auto& [name, log] : config.logs) logs.push_back({name, log.file});
  if (!logs.empty()) app_logs_ = std::make_unique<WatchedAppLogs>(logs, servers_.size() > 1);
  reload(config);
}

Service::~Service() {
  // Nobody asks any more, then nobody looks; what they wrote goes to the disk last.
  if (http_) http_->stop(std::chrono::steady_clock::now());
  for (const auto& watch : watches_) watch->stop();
  watches_.clear();
  deeds_.reset();
  alerts_.reset();
  if (history_ && !history_->stop(soon()))
    log_line(LogLevel::error, fmt::format("the history could not be written to its end: {}", config_.history.file));
}

const std::vector<std::string>& Service::http_addresses() const noexcept {
  static const std::vector<std::string> none;
  return http_ ? http_->addresses() : none;
}

void Service::reload(const proxy::Config& config) {
  deeds_->set_policies(policies_of(config));
  alerts_->set_targets(alert_targets_of(config));
}

// A file that is not ours keeps us from starting; a disk that fails does not, and is told of.
std::string Service::open_history() {
  if (config_.history.file.empty()) return {};
  const store::SqliteHistoryOptions options{.file = config_.history.file};
  auto opened = store::open_sqlite_history(*sqlite_, options, soon());
  if (!opened && is_mistake(opened.error().code))
    return fmt::format("the history cannot be kept: {}", opened.error().message);
  for (const WatchedServer& server : servers_) {
    if (!opened) break;
    if (auto shapes = (*opened)->shapes(server.name, soon())) learnt_[server.name] = *std::move(shapes);
  }
  store::WriterSettings settings;
  settings.retention.age = std::chrono::duration_cast<Duration>(config_.history.keep);
  settings.retention.bytes = static_cast<std::int64_t>(config_.history.max_size);
  history_ = std::make_unique<store::HistoryWriter>(
      [this, options](Deadline deadline) { return store::open_sqlite_history(*sqlite_, options, deadline); }, settings,
      [](bool works, const std::string& message) {
        log_line(works ? LogLevel::info : LogLevel::error, fmt::format("history: {}", message));
      });
  return {};
}

diagnose::RecordingSource Service::recording_of(const WatchedServer& server) const {
  if (running_ == nullptr || !server.is_recorded) return {};
  const auto wanted = [this, address = server.address](const std::string& of) {
    if (!address.empty()) return of == address;
    return std::ranges::none_of(servers_,
                                [&](const WatchedServer& each) { return !each.address.empty() && each.address == of; });
  };
  // A server whose clients come another way is not looked at as if nobody were there.
  const bool is_alone = server.address.empty();
  return [this, wanted, is_alone](Duration timeout) -> std::optional<model::Recording> {
    auto part = model::part_of(running_->recording(in_milliseconds(timeout)), wanted);
    if (!is_alone && part.server.empty()) return std::nullopt;
    return part;
  };
}

void Service::watch(const WatchedServer& server) {
  auto conductor = std::make_unique<diagnose::Conductor>(server.url.empty() ? nullptr : collectors_.open(server.url),
                                                         request_.common.limits, recording_of(server));
  Desk& desk = *desks_.emplace_back(std::make_unique<Desk>(
      server, diagnose::ChronicleWords{[url = board_.view(server.name)->diagnosis.url](const auto& finding) {
                                         return report::finding_json(finding, url, {});
                                       },
                                       [](const auto& over) { return report::transaction_json(over); }}));
  if (app_logs_) conductor->read_app_logs([this] { return app_logs_->look(); });
  conductor->restore_gaps(desk.chronicle.restore(std::move(learnt_[server.name])));
  diagnose::WatchSettings settings = once_a_second;
  settings.timeout = std::min(settings.timeout, request_.common.timeout);
  watches_.push_back(std::make_unique<diagnose::Watch>(
      server.name, std::move(conductor), board_, settings,
      diagnose::Watch::Hooks{
          [this, &desk](diagnose::Conductor& seen) { before_look(desk, seen); },
          [this, &desk](const diagnose::View& view, diagnose::Conductor& seen) { after_look(desk, view, seen); },
          [this, &desk](diagnose::Conductor& seen) { keep_shapes(desk, seen); }}));
}

// What we end ourselves has not come back by itself.
void Service::before_look(const Desk& desk, diagnose::Conductor& conductor) {
  const std::lock_guard guard(ending_mutex_);
  const auto ending = ending_.find(desk.server.name);
  if (ending == ending_.end()) return;
  for (const model::SessionId& session : ending->second) conductor.censor_gap(session);
  ending_.erase(ending);
}

void Service::after_look(Desk& desk, const diagnose::View& view, diagnose::Conductor& conductor) {
  desk.log.tell(view.diagnosis.failure);
  if (desk.server.is_recorded && view.observed.recording != nullptr) publish(view);
  alerts_->look(view);
  deeds_->look(view);
  if (!history_) return;
  history_->add(desk.chronicle.next(view));
  if (std::chrono::steady_clock::now() - desk.shapes_kept_at >= keep_shapes_every) keep_shapes(desk, conductor);
}

void Service::publish(const diagnose::View& view) {
  {
    const std::lock_guard guard(published_mutex_);
    published_[view.name] = view.diagnosis;
    running_->publish(merged(published_));
  }
  if (running_->wants_dump()) give_dump(view);
  // The allocator keeps what it has, for the next crowd. Walking the heap takes it milliseconds, in which workers may
  // have to wait for memory: so not for a few.
  if (running_->crowd_has_left()) ::malloc_trim(0);
}

// All that the proxy knows, though the look beside it is one server's.
void Service::give_dump(const diagnose::View& view) {
  std::ostringstream lines;
  report::dump(lines, running_->recording(in_milliseconds(once_a_second.timeout)), view.observed.snapshot.get());
  running_->give_dump(std::move(lines).str());
}

void Service::keep_shapes(Desk& desk, const diagnose::Conductor& conductor) {
  desk.shapes_kept_at = std::chrono::steady_clock::now();
  if (!history_) return;
  history_->add(desk.chronicle.learnt(conductor.gaps().states(), wall_now()));
}

void Service::after_deed(const std::string& server, const std::string& actor, const model::ActionReport& report) {
  {
    const std::lock_guard guard(actions_mutex_);
    actions_[server].take(report, actor);
  }
  if (!history_) return;
  model::HistoryBatch batch;
  for (const model::Target& target : report.targets) {
    batch.actions.push_back(
        {.at = wall_now(),
         .server = server,
         .actor = actor,
         .action = std::string(to_string(report.action)),
         .finding = report.finding ? report.finding->id.value() : "",
         .session = to_string(target.session.id),
         .outcome = std::string(outcome_name(target.result.outcome, report.action == model::Action::cancel)),
         .reason = target.result.reason});
  }
  history_->add(std::move(batch));
}

report::DaemonCounts Service::counts() const {
  report::DaemonCounts counts;
  {
    const std::lock_guard guard(actions_mutex_);
    counts.actions = actions_;
  }
  counts.alerts = alerts_->counts();
  if (running_ != nullptr) counts.clients_ended_on_console = running_->clients_ended_on_console();
  if (!history_) return counts;
  const store::WriterStatus status = history_->status();
  counts.history = report::HistoryCounts{.failing = !status.works(),
                                         .waiting_rows = status.pending_rows,
                                         .commits = status.commits,
                                         .bytes = status.store_bytes,
                                         .dropped = {{"sample", status.dropped.samples},
                                                     {"finding", status.dropped.findings},
                                                     {"action", status.dropped.actions},
                                                     {"shape", status.dropped.shapes},
                                                     {"transaction", status.dropped.transactions}}};
  return counts;
}

std::vector<std::string> Service::not_ready() const {
  std::vector<std::string> missing;
  for (const auto& view : board_.views()) {
    if (view->diagnosis.looks == 0 && !view->diagnosis.failure)
      missing.push_back(fmt::format("{} has not been looked at yet", view->name));
  }
  return missing;
}

std::optional<std::string> Service::read_history(const http::HistoryQuestion& question) const {
  const auto known = std::ranges::find(servers_, question.server, &WatchedServer::name);
  if (!question.server.empty() && known == servers_.end()) return std::nullopt;
  model::HistoryWindow window{.from = question.from, .to = question.to};
  const auto failed = [&](const Error& error) {
    return report::to_json(window, model::LookFailure{std::string(to_string(error.code)), error.message, ""});
  };
  auto opened = store::open_sqlite_history(*sqlite_, {.file = config_.history.file, .read_only = true}, soon());
  if (!opened) return failed(opened.error());
  model::HistoryQuery query;
  query.server = question.server;
  query.from = question.from;
  query.to = question.to;
  auto read = (*opened)->read(query, soon());
  return read ? report::to_json(*read) : failed(read.error());
}

std::string Service::open_http() {
  if (config_.http.listen.empty()) return {};
  http::HttpSettings settings;
  settings.listen = config_.http.listen;
  settings.token = config_.http.token.view();
  settings.host_names = config_.http.host_names;
  settings.actions = config_.http.actions;
  http::Sources sources;
  sources.board = &board_;
  sources.clock = wall_now;
  sources.not_ready = [this] { return not_ready(); };
  sources.counts = [this] { return counts(); };
  if (history_) sources.history = [this](const http::HistoryQuestion& question) { return read_history(question); };
  sources.act = [this](const std::string& server, const diagnose::ActionRequest& request) {
    auto report = deeds_->act(server, request);
    if (!report.dry_run) after_deed(server, request.actor, report);
    return report;
  };
  sources.audit = request_.audit;
  sources.files = dashboard_;
  sources.version = version;
  auto started = http::Server::start(std::move(settings), std::move(sources));
  if (!started) return started.error();
  http_ = *std::move(started);
  return {};
}

}  // namespace lockkeeper
